"""Each job is done where the request for it said, whoever its worker is."""

import os

import numpy as np
import pytest

from engine.data.identity import data_identity
from engine.data.sources import load_dataset
from engine.measurements.evaluation.request import EvaluationRequest
from engine.queue.job import Place
from engine.queue.job_runner import JobRunner
from engine.queue.process_identity import process_identity
from engine.queue.submission import retry_run, submit_measurement, submit_runs
from engine.queue.worker_process import serve
from engine.runs.config import RunConfig
from tests.small_runs import HERE, THREAT


@pytest.fixture
def empty(tmp_path):
    """A data folder without images of cifar10."""
    folder = tmp_path / "empty"
    folder.mkdir()
    (folder / "mnist-mini.npz").write_text("no images")
    return folder


@pytest.fixture
def runner(store, queue, empty) -> JobRunner:
    """A worker process that was started for the folder `empty`."""
    return JobRunner(store, queue, empty, "cpu", process_identity() or "", os.getpid())


def test_a_job_is_done_on_its_own_data(store, queue, runner, tiny, few_images):
    (run_id,) = submit_runs(store, queue, [tiny()], Place(few_images))
    runner.run(runner.claim())
    assert (queue.job(run_id).status, queue.job(run_id).error) == ("finished", None)
    request = EvaluationRequest(attacks=("fgsm",), samples=10, threat=THREAT)
    job_id = submit_measurement(store, queue, run_id, request, Place(few_images))
    runner.run(runner.claim())
    assert (queue.job(job_id).status, queue.job(job_id).error) == ("finished", None)


def test_a_job_without_a_place_is_done_where_its_worker_is(store, queue, tiny, few_images):
    config = tiny()
    store.create(config)
    queue.submit(config.run_id, "train", config.run_id, {})
    serve(store.root, few_images, "cpu", 0.0, os.getpid())
    assert queue.job(config.run_id).status == "finished"


def test_two_jobs_of_one_worker_have_two_data_folders(store, queue, runner, tiny, few_images, tmp_path):
    whole = load_dataset("mnist-mini", few_images)
    np.savez(
        tmp_path / "mnist-mini.npz",
        x_train=whole.train_images[:128, 0],
        y_train=whole.train_labels[:128],
        x_test=whole.test_images[:, 0],
        y_test=whole.test_labels,
    )
    first = tiny(seed=1)
    second = tiny(seed=2, data_digest=data_identity("mnist-mini", tmp_path))
    submit_runs(store, queue, [first], Place(few_images))
    submit_runs(store, queue, [second], Place(tmp_path))
    while jobs := runner.claim():
        runner.run(jobs)
    assert [store.result(config.run_id)["steps"] for config in (first, second)] == [4, 2]


def test_a_device_that_is_not_there_fails_the_job_with_a_sentence(store, queue, runner, few_images, tiny):
    (run_id,) = submit_runs(store, queue, [tiny(device="cuda")], Place(few_images))
    assert queue.job(run_id).place == Place(few_images, "cuda")
    runner.run(runner.claim())
    assert queue.job(run_id).status == "failed" and "a CUDA device" in queue.job(run_id).error


@pytest.fixture(autouse=True)
def no_gpu(monkeypatch):
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)


@pytest.mark.parametrize("end", [None, "stopped", "failed", "interrupted"])
def test_a_later_request_with_another_place_counts(store, queue, end, tmp_path):
    (run_id,) = submit_runs(store, queue, [RunConfig()], HERE)
    if end:
        queue.claim("boot/1/1", lambda jobs: jobs)
        queue.release("boot/1/1", run_id, end)
    submit_runs(store, queue, [RunConfig()], Place(tmp_path, "cpu"))
    assert queue.job(run_id).place == Place(tmp_path, "cpu")
    retry_run(store, queue, run_id, HERE)
    assert queue.job(run_id).place == HERE


def test_a_job_that_runs_keeps_its_place(store, queue, tmp_path):
    (run_id,) = submit_runs(store, queue, [RunConfig()], HERE)
    queue.claim("boot/1/1", lambda jobs: jobs)
    submit_runs(store, queue, [RunConfig()], Place(tmp_path))
    assert queue.job(run_id).place == HERE


def test_a_persons_own_process_leaves_its_place_to_the_worker_that_continues(queue, tmp_path):
    queue.take("boot/1/1", "a", "train", "a", {}, Place(tmp_path, "cpu"))
    assert queue.job("a").place == Place(tmp_path, "cpu")
