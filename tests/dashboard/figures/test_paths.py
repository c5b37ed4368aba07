"""Paths of weights under the penalty alone."""

import json
import re

import numpy as np
import pytest

from dashboard.figures.paths import path_figure
from dashboard.figures.theory import INWARD, OUTWARD
from dashboard.frames.theory import (
    fate_frame,
    path_frame,
    starting_sizes,
    weight_paths,
)


@pytest.mark.parametrize("with_adam", [True, False])
def test_paths_are_drawn_until_the_limit_and_colored_by_their_side(with_adam):
    starts = starting_sizes(0.5, 0.2)
    paths = weight_paths(starts, 2_000, 0.05, 0.1, -0.1, with_adam)
    frame = path_frame(paths, 20.0)
    assert frame["size"].max() <= 20.0 < paths.max()
    assert set(frame["start"]) == set(starts)
    row = frame[frame["start"] == 0.2].iloc[3]
    assert row["size"] == paths[int(row["step"]), list(starts).index(0.2)]
    figure = path_figure(frame, "Paths", "Step", 0.5, 0.2)
    colors = {trace.y[0]: trace.line.color for trace in figure.data}
    assert colors == {start: OUTWARD if start > 0.5 else INWARD for start in starts}
    assert [trace.y[0] for trace in figure.data if trace.line.width == 4] == [0.2]
    assert len({trace.uid for trace in figure.data}) == len(starts)
    assert all(re.fullmatch(r"[\w-]+", trace.uid, re.ASCII) for trace in figure.data)


def test_endless_growth_can_still_be_tabled_and_drawn():
    starts = starting_sizes(0.0, 0.2)
    paths = weight_paths(starts, 10_000, 0.1, 0.0, -10.0, False)
    assert np.isinf(paths).any()
    assert np.isfinite(fate_frame(paths, 0.1, 0.0, -10.0, False)["fuzziness_end"]).all()
    json.dumps(
        path_figure(path_frame(paths, 100.0), "Paths", "Step", 0.0, 0.2).to_plotly_json(), default=list, allow_nan=False
    )
