"""Smallest perturbations as tables: quartiles, and images without a perturbation found."""

import numpy as np
import pandas as pd
import pytest

from dashboard.frames.distances import distance_frame, distance_summary
from engine.queue.overview import list_runs
from engine.queue.run_queue import RunQueue
from engine.robustness.report import minimal_distances

INF = np.inf


@pytest.fixture
def runs(trained_store):
    return list_runs(trained_store, RunQueue(trained_store.root))[0]


def test_a_distance_is_infinite_when_nothing_was_found_and_0_when_wrong_without_attack():
    correct, found = np.array([True, True, False, True]), np.array([True, False, True, True])
    linf, l2 = np.array([0.1, 0.2, 0.0, 0.3], np.float32), np.array([1.0, 2.0, 0.0, 3.0], np.float32)
    np.testing.assert_allclose(minimal_distances(correct, found, linf), [0.1, INF, 0.0, 0.3], rtol=1e-6)
    np.testing.assert_allclose(minimal_distances(correct, found, l2), [1.0, INF, 0.0, 3.0])


def frame_of(runs, *distances) -> pd.DataFrame:
    by_run = {run.run_id: np.array(values) for run, values in zip(runs, distances, strict=False)}
    return distance_frame(runs, by_run, {run_id: values > 0 for run_id, values in by_run.items()})


def test_quartiles_count_what_was_never_found(runs):
    frame = frame_of(runs, [0.0, 0.4, 0.2, 0.3, INF], [0.0, 0.1, INF, INF, INF])
    first, second = distance_summary(runs, frame, "fab", epsilon=0.2).to_dict("records")
    assert (first["n"], first["n_correct"], first["share_found"], first["within"]) == (5, 4, 0.75, 2)
    assert [first[name] for name in ("lower_quartile", "median", "upper_quartile")] == [0.2, 0.3, 0.4]
    assert first["remark"] == ""
    assert second["share_found"] == 0.25 and second["lower_quartile"] == 0.1
    assert np.isnan(second["median"]) and np.isnan(second["upper_quartile"])
    assert second["remark"] == "median not found"


@pytest.mark.parametrize(("attack", "missed", "said"), [("cw", 2, True), ("cw", 1, False), ("fab", 50, False)])
def test_cw_says_when_it_has_not_converged(runs, attack, missed, said):
    frame = frame_of(runs, [0.1] * (100 - missed) + [INF] * missed)
    (row,) = distance_summary(runs, frame, attack).to_dict("records")
    assert ("not converged" in row["remark"]) == said and "within" not in row


def test_a_run_that_is_always_wrong_has_nothing_to_find(runs):
    (row,) = distance_summary(runs, frame_of(runs, [0.0, 0.0]), "cw").to_dict("records")
    assert np.isnan(row["share_found"]) and row["median"] == 0.0 and row["remark"] == ""
