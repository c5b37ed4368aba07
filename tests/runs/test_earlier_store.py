"""A store that the version of 2026-11-25 wrote opens unchanged: runs, measurements, queue; a stopped run goes on."""

import shutil
from pathlib import Path

import pytest

from engine.measurements.curve.read import read_curves
from engine.measurements.evaluation.read import read_report
from engine.measurements.evaluation.survivors import read_survivors
from engine.measurements.transfer.read import read_transfers
from engine.queue.job import Place
from engine.queue.overview import list_runs
from engine.queue.run_queue import RunQueue
from engine.queue.submission import retry_run
from engine.runs.experiment import train_runs
from engine.runs.records import read_conv_weights, read_metrics
from engine.runs.run_files import load_weights
from engine.runs.store import RunStore

STD, MIN_MAX, STOPPED = "mnist-mini-std-350f7283aa", "mnist-mini-min-max-7353f57893", "mnist-mini-std-2cb3b63be3"


@pytest.fixture
def earlier(tmp_path) -> RunStore:
    shutil.unpack_archive(Path(__file__).parents[1] / "stores" / "2026-11.zip", tmp_path / "store")
    return RunStore(tmp_path / "store")


def test_runs_and_jobs(earlier):
    runs, problems = list_runs(earlier, RunQueue(earlier.root))
    assert problems == []
    assert {run.run_id: run.status for run in runs} == {STD: "finished", MIN_MAX: "finished", STOPPED: "stopped"}
    assert {job.kind: job.status for job in RunQueue(earlier.root).jobs() if job.run_id == MIN_MAX} == {
        "train": "finished",
        "evaluate": "finished",
        "curve": "finished",
        "transfer": "finished",
    }
    assert RunQueue(earlier.root).rates() == {"cpu:lenet:1x28x28": 6000.0}


def test_records_and_weights(earlier):
    assert [record["epoch"] for record in read_metrics(earlier.folder(MIN_MAX))] == [0.0, 0.5, 1.0]
    assert read_conv_weights(earlier.folder(MIN_MAX), "conv1").shape == (3, 150)
    final = load_weights(earlier.folder(MIN_MAX))["conv1.weight"].ravel()
    assert final.tolist() == read_conv_weights(earlier.folder(MIN_MAX), "conv1")[-1].tolist()


def test_measurements(earlier):
    (path,) = earlier.report_paths(MIN_MAX)
    report, verdicts = read_report(path), read_survivors(earlier, MIN_MAX, path.stem)
    assert report is not None and verdicts is not None
    assert set(report.robust_accuracy_by_attack) == {"fgsm", "pgd"} and report.n == 20
    assert verdicts["worst case"].mean() == report.robust_accuracy
    assert [curve.attack.name for curve in read_curves(earlier, MIN_MAX)] == ["fgsm"]
    assert {target for _, _, target in read_transfers(earlier, MIN_MAX)} == {STD, MIN_MAX}


def test_a_stopped_run_goes_on_from_its_checkpoint(earlier, few_images):
    retry_run(earlier, RunQueue(earlier.root), STOPPED, Place(few_images))
    list(train_runs(earlier, [STOPPED], few_images, "cpu"))
    assert (earlier.result(STOPPED) or {})["status"] == "finished"
    assert [record["epoch"] for record in read_metrics(earlier.folder(STOPPED))] == [0.0, 0.5, 1.0, 1.5, 2.0]
