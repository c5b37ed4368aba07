"""Frames against numpy: what is drawn is what was recorded."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from dashboard.frames.histograms import histogram_edges, histogram_frame
from dashboard.frames.histories import history_frame, moments, snapshot_at
from dashboard.frames.labels import unique_labels
from dashboard.frames.robustness import robustness_frame
from engine.queue.overview import RunOverview, list_runs
from engine.queue.run_queue import RunQueue
from engine.robustness.report import RobustnessReport
from engine.runs.records import read_conv_weights, read_metrics


@pytest.fixture(scope="module")
def runs(trained_store) -> list[RunOverview]:
    return list_runs(trained_store, RunQueue(trained_store.root))[0]


def test_history_is_the_record(trained_store, runs):
    records = {run.run_id: read_metrics(trained_store.root / run.run_id) for run in runs}
    frame = history_frame(runs, records, "conv1")
    assert list(frame["run_id"].unique()) == [run.run_id for run in runs]
    for run in runs:
        rows = frame[frame["run_id"] == run.run_id]
        for column, name in (("fuzziness", "fuzziness"), ("near_zero_count", "near_zero")):
            assert rows[column].tolist() == [record[name]["conv1"] for record in records[run.run_id]]
        assert np.isnan(rows["loss"].iloc[0]) and rows["loss"].iloc[1:].notna().all()
        assert rows["epoch"].tolist() == [0, 0.25, 0.5, 0.75, 1.0]


def test_histogram_counts_every_weight_once(trained_store, runs):
    weights = {run.run_id: read_conv_weights(trained_store.root / run.run_id, "conv1") for run in runs}
    edges = histogram_edges(list(weights.values()), 21)
    frame = histogram_frame(runs, weights, {run.run_id: 4 for run in runs}, edges)
    for run in runs:
        rows = frame[frame["run_id"] == run.run_id]
        assert rows["count"].tolist() == np.histogram(weights[run.run_id][4], edges)[0].tolist()
        assert rows["initial_count"].tolist() == np.histogram(weights[run.run_id][0], edges)[0].tolist()
        assert rows["count"].sum() == rows["initial_count"].sum() == 150
        assert rows["left"].tolist() == edges[:-1].tolist()


def test_a_run_without_a_moment_has_no_bars(trained_store, runs):
    weights = {run.run_id: read_conv_weights(trained_store.root / run.run_id, "conv1") for run in runs}
    edges = histogram_edges(list(weights.values()), 11)
    frame = histogram_frame(runs, weights, {runs[1].run_id: 0}, edges)
    assert set(frame["run_id"]) == {runs[1].run_id}
    assert len(histogram_frame(runs, weights, {}, edges)) == 0


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


def test_weights_beyond_the_axis_are_counted_at_its_end(runs):
    weights = {run.run_id: np.array([[0.0, 0.05, -0.05], [0.0, 9.0, -7.0]]) for run in runs}
    frame = histogram_frame(runs[:1], weights, {runs[0].run_id: 1}, np.linspace(-0.1, 0.1, 6))
    assert frame["count"].tolist() == [1, 0, 1, 0, 1]


def test_the_moment_shown_is_the_newest_one_past():
    records = [{"epoch": epoch} for epoch in (0.0, 0.5, 1.0)]
    assert [snapshot_at(records, epoch) for epoch in (-1.0, 0.0, 0.49, 0.5, 7.0)] == [None, 0, 0, 1, 2]
    assert moments({"a": records, "b": [{"epoch": 0.25}, {"epoch": 0.5}]}) == [0.0, 0.25, 0.5, 1.0]


def test_runs_of_one_label_are_never_merged(trained_store, runs):
    longer = runs[0].config.training.model_copy(update={"epochs": 2})
    config = runs[0].config.model_copy(update={"training": longer})
    twins = [*runs, replace(runs[0], run_id=config.run_id, config=config)]
    names = unique_labels(twins)
    assert len(set(names.values())) == len(twins) == 3
    assert names[runs[1].run_id] == runs[1].config.label, "who is alone keeps the short name"
    assert unique_labels(runs) == {run.run_id: run.config.label for run in runs}


def test_robustness_has_a_row_per_attack_clean_first(trained_store, runs):
    reports = {
        run.run_id: RobustnessReport.model_validate_json(path.read_bytes())
        for run in runs
        for path in trained_store.report_paths(run.run_id)
    }
    (report,) = reports.values()
    frame = robustness_frame(runs, reports)
    assert frame["attack"].tolist() == ["none", "fgsm", "pgd", "worst case"]
    assert frame["robust_accuracy"].iloc[0] == report.clean_accuracy
    assert frame["robust_accuracy"].iloc[3] <= frame["robust_accuracy"].iloc[:3].min()
    assert set(frame["n"]) == {20}
