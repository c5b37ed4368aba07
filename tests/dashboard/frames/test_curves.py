"""Curves as tables."""

import numpy as np
import pytest

from dashboard.frames.curves import curve_groups, threshold_frame
from engine.minmax.threshold import PixelThreshold
from engine.robustness.statistics import wilson_interval
from tests.dashboard.curve_runs import CURVES, RUNS, curve, frames, rows_of


def test_a_run_by_itself_has_the_interval_over_images():
    frame, summary = frames(together=False)
    rows = rows_of(frame, RUNS[0])
    assert rows["epsilon"].tolist() == [0.0, 0.5, 1.0] and rows["accuracy"].tolist() == [0.75, 0.25, 0.0]
    np.testing.assert_allclose(rows["pixel_epsilon"], [0.0, 0.1, 0.2])
    low, high = wilson_interval([3, 1, 0], 4)
    np.testing.assert_allclose(rows[["low", "high"]], np.stack([low, high], axis=1))
    assert set(rows["seeds"]) == {1} and set(rows["n"]) == {4}
    half = rows_of(summary, RUNS[0]).iloc[0]
    assert half["clean_accuracy"] == 0.75 and half["half_epsilon"] == pytest.approx(0.5 * 0.375 / 0.5)
    assert half["half_pixels"] == pytest.approx(0.2 * half["half_epsilon"]) and half["gone_epsilon"] == 1.0
    assert np.isnan(half["half_std"])


def test_seeds_together_are_a_mean_with_their_spread():
    frame, summary = frames(together=True)
    assert list(dict.fromkeys(frame["label"])) == ["Std, 2 seeds", "Std+L1 λ 0.1 · seed 0"]
    rows = rows_of(frame, RUNS[0])
    counts = np.array([[3, 1, 0, 0], [4, 3, 1, 0]]) / 4  # the first is lost where the second goes on
    np.testing.assert_allclose(rows["accuracy"], counts.mean(axis=0))
    np.testing.assert_allclose(rows["high"] - rows["accuracy"], counts.std(axis=0, ddof=1))
    np.testing.assert_allclose(rows["accuracy"] - rows["low"], counts.std(axis=0, ddof=1))
    halves = [CURVES[run.run_id].half_epsilon for run in RUNS[:2]]
    both = rows_of(summary, RUNS[0]).iloc[0]
    assert both["half_epsilon"] == pytest.approx(np.mean(halves)) and both["gone_epsilon"] == 1.5
    assert both["half_std"] == pytest.approx(np.std(halves, ddof=1)) and both["seeds"] == 2


def test_an_epsilon_that_is_never_reached_is_missing():
    never = {RUNS[0].run_id: CURVES[RUNS[0].run_id], RUNS[1].run_id: curve(0.5, None, None, None)}
    _, summary = frames(True, never)
    assert summary[["half_epsilon", "gone_epsilon"]].isna().all(axis=None)
    frame, summary = frames(True, {})
    assert frame.empty and summary.empty and "accuracy" in frame


def test_thresholds_are_in_the_unit_of_the_curve():
    groups = curve_groups(RUNS, CURVES, True)
    found = {RUNS[1].run_id: [PixelThreshold(3, 0, 2.0, 0.12, 0.11, 0.13), PixelThreshold(4, 0, -2.0, 0.7, 0.7, 0.7)]}
    lines = threshold_frame(groups, CURVES, found)
    assert lines["run_id"].tolist() == [RUNS[0].run_id] * 2, "that of the group"
    np.testing.assert_allclose(lines["epsilon"], [0.12 / 0.2, 0.3 / 0.2])
    assert lines["protects"].tolist() == ["black", "white"] and lines["error"].tolist() == pytest.approx([0.01, 0.0])
