"""Counts in bins against numpy."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from dashboard.frames.histograms import bin_counts, histogram_edges, histogram_frame
from engine.runs.records import read_conv_weights
from tests.dashboard.weight_runs import IMPORTED, RUNS, STD


def test_histogram_counts_every_weight_once(trained_store, trained_runs):
    weights = {run.run_id: read_conv_weights(trained_store.root / run.run_id, "conv1") for run in trained_runs}
    edges = histogram_edges(list(weights.values()), 21)
    frame = histogram_frame(trained_runs, weights, {run.run_id: 4 for run in trained_runs}, edges)
    for run in trained_runs:
        rows = frame[frame["run_id"] == run.run_id]
        assert rows["count"].tolist() == np.histogram(weights[run.run_id][4], edges)[0].tolist()
        assert rows["initial_count"].tolist() == np.histogram(weights[run.run_id][0], edges)[0].tolist()
        assert rows["count"].sum() == rows["initial_count"].sum() == 150
        assert rows["left"].tolist() == edges[:-1].tolist()


def test_a_run_without_a_moment_has_no_bars(trained_store, trained_runs):
    weights = {run.run_id: read_conv_weights(trained_store.root / run.run_id, "conv1") for run in trained_runs}
    edges = histogram_edges(list(weights.values()), 11)
    frame = histogram_frame(trained_runs, weights, {trained_runs[1].run_id: 0}, edges)
    assert set(frame["run_id"]) == {trained_runs[1].run_id}
    assert len(histogram_frame(trained_runs, weights, {}, edges)) == 0


@given(arrays(np.float32, (3, 7), elements=st.floats(-1e3, 1e3, width=32)), st.integers(1, 200))
@settings(max_examples=50, deadline=None)
def test_bins_are_equal_symmetric_and_hold_everything(weights, bins):
    edges = histogram_edges([weights], bins)
    assert len(edges) == bins + 1
    np.testing.assert_allclose(edges, -edges[::-1], rtol=1e-12, atol=1e-12)
    if weights.any():
        assert np.histogram(weights, edges)[0].sum() == weights.size


def test_one_far_weight_does_not_squeeze_the_others():
    begin, end = np.linspace(-0.2, 0.2, 150), np.append(np.zeros(149), 9.6)
    weights = np.stack([begin, *[end] * 40])
    edges = histogram_edges([weights], 61, whole=False)
    assert edges[-1] == pytest.approx(1.05 * 0.2)
    assert histogram_edges([weights], 61)[-1] == pytest.approx(1.05 * 9.6)
    spread = np.stack([begin, np.linspace(-0.7, 0.7, 150)])
    assert histogram_edges([spread], 61, whole=False)[-1] == pytest.approx(1.05 * 0.7), "no outlier, nothing cut"


def test_weights_beyond_the_axis_are_counted_at_its_end(trained_runs):
    weights = {run.run_id: np.array([[0.0, 0.05, -0.05], [0.0, 9.0, -7.0]]) for run in trained_runs}
    frame = histogram_frame(trained_runs[:1], weights, {trained_runs[0].run_id: 1}, np.linspace(-0.1, 0.1, 6))
    assert frame["count"].tolist() == [1, 0, 1, 0, 1]


@given(
    arrays(np.float32, (3, 11), elements=st.floats(-2, 2, width=32)),
    st.integers(1, 40),
    st.floats(0.015625, 3, width=32),
)
@settings(max_examples=60, deadline=None)
def test_bin_counts_are_those_of_numpy_once_far_weights_are_pulled_in(weights, bins, reach):
    edges = np.linspace(-reach, reach, bins + 1)
    counts = bin_counts(weights, edges)
    for row, found in zip(weights.astype(float), counts, strict=True):
        expected = [((row >= low) & (row < high)).sum() for low, high in zip(edges[:-1], edges[1:], strict=True)]
        expected[-1] += (row >= edges[-1]).sum()
        expected[0] += (row < edges[0]).sum()
        assert found.tolist() == expected


def test_a_single_snapshot_has_no_beginning(weights):
    edges = histogram_edges(list(weights.values()), 21)
    frame = histogram_frame(RUNS, weights, {STD: 5, IMPORTED: 0}, edges)
    imported = frame[frame["run_id"] == IMPORTED]
    assert imported["count"].sum() == 150
    assert imported["initial_count"].isna().all()
    assert frame[frame["run_id"] == STD]["initial_count"].sum() == 150


def test_one_far_weight_of_an_imported_run_does_not_squeeze_the_others():
    imported = np.append(np.zeros(149), 9.6)[None]
    trained = np.linspace(-0.2, 0.2, 150) * np.ones((5, 1))
    assert histogram_edges([imported, trained], 61, whole=False)[-1] == pytest.approx(1.05 * 0.2)
    assert histogram_edges([imported], 61, whole=False)[-1] == pytest.approx(1.05 * 0.1)
    assert histogram_edges([imported], 61)[-1] == pytest.approx(1.05 * 9.6)
