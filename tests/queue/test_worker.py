"""The worker as users have it: real processes, killed and stopped in the middle of real runs."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from engine.errors import InputError
from engine.minmax.objective import ObjectiveConfig
from engine.queue import heartbeat
from engine.queue.client import LOCK, LOG, WorkerSettings, start_worker, worker_identity
from engine.queue.deletion import delete_runs
from engine.queue.heartbeat import Heartbeat
from engine.queue.job import Job, Place
from engine.queue.process_identity import is_alive, pid_of, process_identity
from engine.queue.run_queue import RunQueue
from engine.queue.submission import retry_run, submit_runs
from engine.queue.worker import work
from engine.queue.worker_process import serve
from engine.runs.config import ProbeConfig, RunConfig
from engine.runs.experiment import train_runs
from engine.runs.records import read_conv_weights, read_metrics
from engine.runs.run_files import CONFIG, ENVIRONMENT, MODEL, RESULT, read_json
from engine.runs.store import RunStore
from engine.training.checkpoint import load_checkpoint
from engine.training.checkpoint_file import LAST
from engine.training.schedule import TrainingConfig
from tests.small_runs import HERE

SHORT = RunConfig(training=TrainingConfig(epochs=1, snapshots_per_epoch=5), probe=ProbeConfig(samples=0))
LONG = SHORT.model_copy(update={"training": TrainingConfig(epochs=8, snapshots_per_epoch=5)})
NEIGHBOR = SHORT.model_copy(update={"seed": 1, "training": TrainingConfig(epochs=500, snapshots_per_epoch=1)})
PATIENCE = 240.0
"""Seconds until a test gives up; nothing is asserted about how long things take."""


def wait_until(condition: Callable[[], object], what: str) -> None:
    started = time.monotonic()
    while not condition():
        assert time.monotonic() - started < PATIENCE, f"waited {PATIENCE:g} s for {what}"
        time.sleep(0.02)


class Laboratory:
    """A store and its worker of two processes."""

    def __init__(self, root: Path, data: Path) -> None:
        self.store, self.queue = RunStore(root), RunQueue(root)
        self.settings = WorkerSettings(root, data, device="cpu", processes=2, idle_exit=60.0)

    def launch(self, config: RunConfig) -> str:
        """Queue it afresh, and see that a worker is there."""
        if config.run_id in self.store.run_ids():
            delete_runs(self.store, self.queue, [config.run_id])
        (run_id,) = submit_runs(self.store, self.queue, [config], self.settings.place)
        start_worker(self.settings)
        return run_id

    def finished(self, config: RunConfig) -> str:
        """Id of a run that has finished, before or now."""
        (run_id,) = submit_runs(self.store, self.queue, [config], self.settings.place)
        start_worker(self.settings)
        assert self.until(run_id, "finished", "failed").status == "finished"
        return run_id

    def log(self) -> str:
        return (self.store.root / LOG).read_text()

    def job(self, run_id: str) -> Job:
        job = self.queue.job(run_id)
        assert job is not None
        return job

    def until(self, run_id: str, *statuses: str) -> Job:
        """The job once it has one of these statuses."""
        wait_until(lambda: self.job(run_id).status in statuses, f"{statuses}, last {self.job(run_id)}")
        return self.job(run_id)

    def until_checkpoint(self, run_id: str) -> tuple[Path, list[dict]]:
        """Its folder and the records that its checkpoint keeps, once it has one beyond the start."""
        folder = self.store.folder(run_id)
        wait_until(lambda: (folder / LAST).exists() or self.job(run_id).error, "a checkpoint")
        kept = load_checkpoint(folder)
        assert kept is not None and kept.position.step > 0
        return folder, read_metrics(folder)[: kept.position.snapshots]

    def end(self) -> None:
        if identity := worker_identity(self.store.root):
            os.killpg(pid_of(identity), signal.SIGKILL)
            wait_until(lambda: not is_alive(identity), "the worker's end")


@pytest.fixture(scope="module")
def laboratory(tmp_path_factory) -> Iterator[Laboratory]:
    data = tmp_path_factory.mktemp("data")
    (data / "cifar10.npz").write_text("no images")
    made = Laboratory(tmp_path_factory.mktemp("store"), data)
    yield made
    made.end()


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory) -> Path:
    """LONG, trained in one go in another store."""
    store = RunStore(tmp_path_factory.mktemp("other-store"))
    folder = store.create(LONG)
    for _ in train_runs(store, [LONG.run_id], folder, "cpu"):
        pass
    return folder


def assert_the_same(folder: Path, expected: Path) -> None:
    for name in (MODEL, "conv1.f32", "conv2.f32"):
        assert (folder / name).read_bytes() == (expected / name).read_bytes(), name
    timeless = [[{**record, "seconds": None} for record in read_metrics(path)] for path in (folder, expected)]
    assert timeless[0] == timeless[1]
    result, other = ({**(read_json(path / RESULT) or {}), "seconds": None} for path in (folder, expected))
    assert result == other and result["bit_exact"] is True


def test_a_launch_ends_finished(laboratory):
    run_id = laboratory.launch(SHORT)
    job = laboratory.until(run_id, "finished", "failed")
    assert (job.status, job.progress, job.error, job.attempts) == ("finished", 1.0, None, 0)
    result = laboratory.store.result(run_id)
    assert result["status"] == "finished" and result["steps"] == 63 and result["clean_accuracy"] > 0.7
    assert len(read_metrics(laboratory.store.folder(run_id))) == 6


def test_the_same_config_is_trained_once(laboratory):
    run_id = laboratory.finished(SHORT)
    files = [laboratory.store.folder(run_id) / name for name in (CONFIG, RESULT, MODEL, ENVIRONMENT)]
    before = [path.stat().st_mtime_ns for path in files], laboratory.job(run_id)
    for _ in range(3):
        assert submit_runs(laboratory.store, laboratory.queue, [SHORT, SHORT], laboratory.settings.place) == [
            run_id,
            run_id,
        ]
    time.sleep(0.5)
    assert ([path.stat().st_mtime_ns for path in files], laboratory.job(run_id)) == before
    assert len(laboratory.queue.jobs([run_id])) == 1


def test_one_worker_per_store(laboratory):
    start_worker(laboratory.settings)
    wait_until(lambda: worker_identity(laboratory.store.root), "the worker")
    assert start_worker(laboratory.settings) is False
    number = pid_of(worker_identity(laboratory.store.root))
    with pytest.raises(InputError, match=rf"already running for .* \(process {number}\). Stop it before"):
        work(laboratory.settings)
    assert is_alive(worker_identity(laboratory.store.root))


def test_a_folder_removed_by_hand_is_trained_again(laboratory):
    """The queue still has the row, finished; it is never the only copy, so the folder decides."""
    run_id = laboratory.finished(SHORT)
    laboratory.store.delete(run_id)
    submit_runs(laboratory.store, laboratory.queue, [SHORT], laboratory.settings.place)
    assert laboratory.until(run_id, "finished", "failed").status == "finished"
    assert laboratory.store.result(run_id)["status"] == "finished"


@pytest.mark.slow
def test_a_killed_process_goes_on_in_the_same_bits_and_takes_no_other_along(laboratory, uninterrupted):
    neighbor = laboratory.launch(NEIGHBOR)  # trains until it is stopped
    beside, _ = laboratory.until_checkpoint(neighbor)
    run_id = laboratory.launch(LONG)
    folder, kept = laboratory.until_checkpoint(run_id)
    owner, other = laboratory.job(run_id).owner, laboratory.job(neighbor).owner
    assert owner != other
    told = len(laboratory.log())
    os.kill(pid_of(owner), signal.SIGKILL)
    job = laboratory.until(run_id, "finished", "failed")
    assert (job.status, job.attempts) == ("finished", 1)
    assert_the_same(folder, uninterrupted)
    assert read_metrics(folder)[: len(kept)] == kept and len(read_json(folder / ENVIRONMENT)["sessions"]) == 2
    assert not (folder / LAST).exists()
    job = laboratory.job(neighbor)
    assert (job.status, job.attempts, job.owner) == ("running", 0, other)
    assert len(read_json(beside / ENVIRONMENT)["sessions"]) == 1
    laboratory.queue.request_stop(neighbor)
    laboratory.until(neighbor, "stopped")
    said = laboratory.log()[told:]
    assert "a worker process died; its run goes on from its checkpoint" in said and "Traceback" not in said


@pytest.mark.slow
def test_a_stop_is_obeyed_and_resume_goes_on_in_the_same_bits(laboratory, uninterrupted):
    run_id = laboratory.launch(LONG)
    folder, kept = laboratory.until_checkpoint(run_id)
    owner = laboratory.job(run_id).owner
    assert laboratory.queue.request_stop(run_id)
    laboratory.until(run_id, "stopped", "finished")
    assert is_alive(owner), "it obeyed, and was not killed"
    position = load_checkpoint(folder).position
    assert len(kept) <= position.snapshots == len(read_metrics(folder)) and not (folder / RESULT).exists()
    time.sleep(0.4)
    assert laboratory.job(run_id).status == "stopped" and load_checkpoint(folder).position == position
    retry_run(laboratory.store, laboratory.queue, run_id, laboratory.settings.place)
    assert laboratory.until(run_id, "finished", "failed").status == "finished"
    assert_the_same(folder, uninterrupted)
    assert read_metrics(folder)[: len(kept)] == kept


@pytest.mark.slow
def test_a_run_that_diverges_fails_and_tells_where(laboratory):
    training = TrainingConfig(epochs=2, optimizer="sgd", learning_rate=0.1, snapshots_per_epoch=20)
    run_id = laboratory.launch(
        SHORT.model_copy(update={"training": training, "objective": ObjectiveConfig(l2_strength=-1.0)})
    )
    job = laboratory.until(run_id, "finished", "failed")
    assert job.status == "failed" and "diverged at step" in job.error and ".weight reached" in job.error
    folder = laboratory.store.folder(run_id)
    assert len(read_conv_weights(folder, "conv1")) == len(read_metrics(folder)) > 3
    assert laboratory.store.result(run_id)["error"] == job.error


def test_what_a_user_can_fix_is_told_in_its_sentence(laboratory):
    start_worker(laboratory.settings)
    told = len(laboratory.log())
    config = SHORT.model_copy(update={"dataset": "cifar10"})
    laboratory.store.create(config)  # as launched before the file was damaged: a launch looks at it
    laboratory.queue.submit(config.run_id, "train", config.run_id, {}, laboratory.settings.place)
    job = laboratory.until(config.run_id, "finished", "failed")
    assert job.status == "failed" and job.error.startswith("Expected ") and "cifar10.npz" in job.error
    assert "Traceback" not in job.error and is_alive(worker_identity(laboratory.store.root))
    assert "Traceback" in laboratory.log()[told:], "the whole story is in the log"


@pytest.mark.slow
def test_a_killed_worker_takes_its_processes_along_and_another_goes_on(laboratory, uninterrupted):
    run_id = laboratory.launch(LONG)
    folder, kept = laboratory.until_checkpoint(run_id)
    child, supervisor = laboratory.job(run_id).owner, worker_identity(laboratory.store.root)
    assert pid_of(child) != pid_of(supervisor)
    os.kill(pid_of(supervisor), signal.SIGKILL)
    wait_until(lambda: not is_alive(child), "the worker process's end")
    assert worker_identity(laboratory.store.root) is None
    laboratory.queue.reconcile()
    assert laboratory.job(run_id).status == "interrupted"
    assert start_worker(laboratory.settings) is True
    assert laboratory.until(run_id, "finished", "failed").status == "finished"
    assert_the_same(folder, uninterrupted)
    assert read_metrics(folder)[: len(kept)] == kept


# in this process


def test_serving_in_the_callers_own_process_is_one_session(store, queue, few_images, monkeypatch):
    """Nobody is orphaned there, however often the heart beats."""
    beats, beat = [], RunQueue.beat
    monkeypatch.setattr(heartbeat, "LISTEN_INTERVAL", 0.01)
    monkeypatch.setattr(RunQueue, "beat", lambda *words: beats.append(None) or beat(*words))
    config = SHORT.model_copy(update={"training": TrainingConfig(epochs=10, batch_size=32, snapshots_per_epoch=1)})
    (run_id,) = submit_runs(store, queue, [config], Place(few_images))
    serve(store.root, few_images, "cpu", 0.0, os.getpid())
    assert queue.job(run_id).status == "finished" and len(beats) > 1
    assert len(read_json(store.folder(run_id) / ENVIRONMENT)["sessions"]) == 1


@pytest.mark.parametrize(
    ("parent", "orphaned"),
    [(os.getpid(), False), (os.getppid(), False), (2**22 + 1, True)],
    ids=["self", "parent", "x"],
)
def test_a_heartbeat_notices_when_nobody_is_left_to_work_for(store, queue, parent, orphaned, monkeypatch):
    beats, beat = [], RunQueue.beat
    monkeypatch.setattr(RunQueue, "beat", lambda *words: beats.append(None) or beat(*words))
    submit_runs(store, queue, [SHORT], HERE)
    queue.claim(process_identity(), lambda jobs: jobs)
    with Heartbeat(queue, process_identity(), [SHORT.run_id], parent) as heart:
        heart.report(0.5, "half")
        wait_until(lambda: queue.job(SHORT.run_id).progress == 0.5, "a beat")
        seen = len(beats)
        wait_until(lambda: len(beats) > seen, "the beat after it")
        assert heart.orphaned is heart.interrupted() is orphaned


def test_a_heartbeat_listens(store, queue):
    submit_runs(store, queue, [SHORT], HERE)
    queue.claim(process_identity(), lambda jobs: jobs)
    with Heartbeat(queue, process_identity(), [SHORT.run_id], os.getppid()) as heart:
        assert not heart.interrupted()
        queue.request_stop(SHORT.run_id)
        wait_until(heart.interrupted, "the stop")
        assert heart.wanted == set() and not heart.orphaned


def test_a_lock_without_its_holder_is_no_worker(store):
    assert worker_identity(store.root) is None
    for text in ("", process_identity().rpartition("/")[0] + "/1", "another-boot/1/1"):
        (store.root / LOCK).write_text(text)
        os.utime(store.root / LOCK, (1.0, 1.0))  # a worker on another machine would have touched it lately
        assert worker_identity(store.root) is None


def test_settings_are_the_command_that_starts_them(tmp_path):
    settings = WorkerSettings(tmp_path / "a b", tmp_path, device="cpu", processes=3, idle_exit=1.5)
    words = settings.command()[3:]
    assert words == [
        "worker", "--store", f"{tmp_path}/a b", "--data", str(tmp_path), "--device", "cpu", "--slots", "3",
        "--idle-exit", "1.5",
    ]  # fmt: skip
    assert "--slots" not in replace(settings, processes=None, idle_exit=None).command()
