"""Small copies: thinned records that agree with the whole ones, all evaluations, and nothing half done."""

import numpy as np
import pytest

from engine.attacks.threat import ThreatModel
from engine.errors import InputError
from engine.exchange.record import record_run
from engine.measurements.evaluation.measure import evaluate_run
from engine.measurements.evaluation.read import read_report
from engine.measurements.evaluation.request import EvaluationRequest
from engine.queue.overview import list_runs
from engine.queue.run_queue import RunQueue
from engine.queue.submission import check_finished, submit_runs
from engine.runs.experiment import train_runs
from engine.runs.records import read_conv_weights, read_metrics
from engine.runs.run_files import load_weights
from engine.runs.store import RunStore
from tests.small_runs import HERE

BARE = ("images", "weights")


@pytest.fixture(scope="module")
def trained(tmp_path_factory, tiny):
    """A finished run of 9 snapshots, attacked on 20 images. Read only."""
    folder = tmp_path_factory.mktemp("recorded")
    store, config = RunStore(folder / "store"), tiny({"snapshots_per_epoch": 8, "batch_size": 256})
    store.create(config)
    list(train_runs(store, [config.run_id], folder, "cpu"))
    evaluate_run(
        store, config.run_id, EvaluationRequest(attacks=("fgsm",), samples=20, threat=ThreatModel()), folder, "cpu"
    )
    return store, config.run_id


@pytest.mark.parametrize("snapshots", [2, 4, 9, 100])
def test_thinned_records_are_those_of_the_whole_ones(trained, tmp_path, snapshots):
    store, run_id = trained
    copy, whole = record_run(store, run_id, tmp_path, snapshots), store.folder(run_id)
    records, every = read_metrics(copy), read_metrics(whole)
    assert len(records) == min(snapshots, 9) and [records[0], records[-1]] == [every[0], every[-1]]
    gaps = np.diff([record["snapshot"] for record in records])
    assert gaps.min() > 0 and gaps.max() - gaps.min() <= 1, "evenly spread"
    for layer in ("conv1", "conv2"):
        rows = read_conv_weights(whole, layer)[[record["snapshot"] for record in records]]
        np.testing.assert_array_equal(read_conv_weights(copy, layer), rows)


def test_a_copy_is_a_run_like_any_other(trained, tmp_path):
    store, run_id = trained
    record_run(store, run_id, tmp_path, 3)
    (run,), problems = list_runs(RunStore(tmp_path), RunQueue(tmp_path))
    assert problems == [] and run.status == "finished" and run.has_weights
    assert run.result == store.result(run_id)
    for name, values in load_weights(tmp_path / run_id).items():
        np.testing.assert_array_equal(values, load_weights(store.folder(run_id))[name])
    (path,) = RunStore(tmp_path).report_paths(run_id)
    assert read_report(path) == read_report(store.report_paths(run_id)[0])
    assert sorted(file.name for file in (tmp_path / run_id / "adversarial").iterdir())


def test_a_bare_copy_is_small_and_says_what_it_lacks(trained, tmp_path, queue):
    store, run_id = trained
    bare = record_run(store, run_id, tmp_path / "bare", 3, BARE)
    whole = record_run(store, run_id, tmp_path / "whole", 3)
    sizes = [sum(file.stat().st_size for file in copy.rglob("*") if file.is_file()) for copy in (bare, whole)]
    assert 10 * sizes[0] < sizes[1]
    shipped = RunStore(queue.path.parent, tmp_path / "bare")
    (run,), _ = list_runs(shipped, queue)
    assert run.status == "finished" and not run.has_weights and run.is_shipped
    assert len(shipped.report_paths(run_id)) == 1 and read_conv_weights(bare, "conv1").shape == (3, 150)
    with pytest.raises(InputError, match="recorded without them. Launch the same"):
        check_finished(shipped, run_id)
    with pytest.raises(InputError, match="recorded without them. Delete this copy"):
        check_finished(RunStore(tmp_path / "bare"), run_id)
    shipped.create(shipped.config(run_id))
    with pytest.raises(InputError, match="no final weights yet"):
        check_finished(shipped, run_id)


def test_a_copy_without_images_can_be_attacked_again(trained, tmp_path):
    store, run_id = trained
    record_run(store, run_id, tmp_path, 3, ["images"])
    copies = RunStore(tmp_path)
    (path,) = copies.report_paths(run_id)
    assert not (tmp_path / run_id / "adversarial").exists()
    check_finished(copies, run_id)
    request = EvaluationRequest(attacks=("fgsm",), samples=20, threat=ThreatModel())
    again = evaluate_run(copies, run_id, request, tmp_path, "cpu")
    assert again.robust_accuracy == read_report(store.report_paths(run_id)[0]).robust_accuracy
    assert (tmp_path / run_id / "adversarial").exists() and read_report(path) is not None


def test_a_bare_copy_is_trained_when_it_is_launched(trained, tmp_path, queue, tiny):
    store, run_id = trained
    record_run(store, run_id, tmp_path / "bare", 3, BARE)
    shipped = RunStore(queue.path.parent, tmp_path / "bare")
    assert submit_runs(shipped, queue, [store.training_config(run_id)], HERE) == [run_id]
    assert [(job.job_id, job.status) for job in queue.jobs()] == [(run_id, "queued")]
    assert not shipped.is_shipped(run_id)


def test_what_cannot_be_recorded_leaves_nothing(trained, tmp_path, tiny):
    store, run_id = trained
    fresh = RunStore(tmp_path / "fresh")
    config = tiny(seed=7)
    fresh.create(config)
    with pytest.raises(InputError, match="a finished run"):
        record_run(fresh, config.run_id, tmp_path / "out", 3)
    with pytest.raises(InputError, match="at least 2 snapshots"):
        record_run(store, run_id, tmp_path / "out", 1)
    with pytest.raises(InputError, match="the id of a run"):
        record_run(store, "mnist-std-0000000000", tmp_path / "out", 3)
    assert not (tmp_path / "out").exists()
    record_run(store, run_id, tmp_path / "out", 3)
    before = (tmp_path / "out" / run_id / "metrics.jsonl").read_bytes()
    with pytest.raises(InputError, match="without this run"):
        record_run(store, run_id, tmp_path / "out", 2)
    assert (tmp_path / "out" / run_id / "metrics.jsonl").read_bytes() == before
    assert [path.name for path in (tmp_path / "out").iterdir()] == [run_id]
