"""Initial weights, paths and verdicts as tables."""

import numpy as np
import pytest

from dashboard.frames.theory import (
    fate_frame,
    starting_sizes,
    theorem_frame,
    weight_paths,
)
from engine.minmax.fuzziness import fuzziness
from tests.dashboard.theorem_tables import P1, comparison, theorem_table


@pytest.mark.parametrize("tipping", [None, 0.0, 0.05, 0.25, 0.5, 1.0, 2.5])
def test_starts_are_on_both_sides_and_include_the_networks_largest_once(tipping):
    starts = starting_sizes(tipping, 0.2)
    assert (np.diff(starts) > 1e-6).all() and (starts > 0).all()
    assert (starts == 0.2).sum() == 1
    if tipping:
        assert starts.min() < tipping < starts.max()


def test_fates_say_when_a_weight_arrives():
    starts = starting_sizes(0.5, 0.2)
    for with_adam in (True, False):
        paths = weight_paths(starts, 6_000, 1e-3, 0.1, -0.1, with_adam)
        fates = fate_frame(paths, 1e-3, 0.1, -0.1, with_adam)
        assert (fates["arrival"].isna() == (starts > 0.5)).all()
        assert (fates["force"] > 0).eq(starts > 0.5).all()
        for place, arrival in enumerate(fates["arrival"]):
            if arrival <= 6_000:
                assert paths[int(arrival), place] <= (1e-3 if with_adam else 1e-12)
                assert paths[int(arrival) - 1, place] > (1e-3 if with_adam else 0.0)
        inner = starts == 0.2
        assert (fates["fuzziness_end"][inner] < fates["fuzziness_start"][inner]).all()
        assert fates["fuzziness_start"][inner].item() == pytest.approx(fuzziness(np.array([0.2])))


def test_a_verdict_needs_more_than_noise():
    frame = theorem_table()
    assert list(frame["verdict"]) == ["holds", "holds", "within noise", "fails", "fails", "holds"]
    assert list(frame["predicted"]) == ["holds", "holds", "fails", "fails", "fails", "holds"]
    assert list(theorem_frame(P1, comparison([0.0] * 6), (0, 0), (None, None))["verdict"]) == ["within noise"] * 6
    assert frame["bernoulli_high"].iloc[0] - frame["bernoulli_low"].iloc[0] == pytest.approx(2 * 1.96 * 0.01)
    assert frame["uniform_exact"].isna().all()


def test_exact_values_decide_where_both_are_known():
    found, small = comparison([0.001] * 6), (0.0, 0.0)
    exact = np.array([0.1, 0.3, 0.31, 0.4, 0.2, 0.1])
    known = theorem_frame(P1, found, small, (0.3, exact))
    assert list(known["verdict"]) == ["holds", "holds", "fails", "fails", "holds", "holds"]
    assert set(theorem_frame(P1, found, small, (None, exact))["verdict"]) == {"within noise"}
