"""Distances are drawn as rising lines with medians."""

import numpy as np
import pandas as pd
import pytest

from dashboard.figures.distances import distance_figure
from dashboard.frames.distances import distance_frame
from engine.queue.overview import list_runs
from engine.queue.run_queue import RunQueue

INF = np.inf


@pytest.fixture
def runs(trained_store):
    return list_runs(trained_store, RunQueue(trained_store.root))[0]


def frame_of(runs, *distances) -> pd.DataFrame:
    by_run = {run.run_id: np.array(values) for run, values in zip(runs, distances, strict=False)}
    return distance_frame(runs, by_run, {run_id: values > 0 for run_id, values in by_run.items()})


def test_the_curve_counts_images_within_each_distance(runs):
    distances = np.array([0.0, 0.3, 0.1, INF, 0.1, 0.2])
    figure = distance_figure(frame_of(runs, distances), "linf", "Title", std=(0.5,), epsilon=0.15)
    line, median = figure.data
    assert line.line.shape == "hv" and line.y[0] == pytest.approx(1 / 6)
    for x in (0.0, 0.05, 0.1, 0.15, 0.25, 0.3):
        reached = np.array(line.y)[np.array(line.x) <= x].max()
        assert reached == pytest.approx((distances <= x).mean())
    assert line.y[-1] == pytest.approx(5 / 6) and line.x[-1] >= 0.3
    assert (median.x[0], median.y[0]) == (0.1, 0.5)
    np.testing.assert_allclose(line.customdata, np.array(line.x) / 0.5)
    assert [shape.x0 for shape in figure.layout.shapes if shape.xref == "x"] == [0.15]
    assert "≈" not in line.hovertemplate


def test_without_a_median_there_is_no_mark_and_without_a_search_a_message(runs):
    figure = distance_figure(frame_of(runs, [0.1, INF, INF]), "l2", "Title", std=(0.2, 0.3, 0.2))
    (line,) = figure.data
    assert line.y[-1] == pytest.approx(1 / 3) and "≈" in line.hovertemplate
    (line,) = distance_figure(frame_of(runs, [INF, INF]), "l2", "Title", std=(1.0,)).data
    assert set(line.y) == {0.0}
    assert distance_figure(frame_of(runs), "l2", "Title", std=(1.0,)).layout.annotations[0].text
