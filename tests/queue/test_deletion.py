"""Deletions with the queue: all named runs or none, and never between the two steps of a launch."""

import os
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from engine.errors import InputError
from engine.queue.deletion import delete_runs, restore_run
from engine.queue.job import Place
from engine.queue.overview import read_overview
from engine.queue.problem import QueueProblem
from engine.queue.process_identity import process_identity
from engine.queue.run_queue import RunQueue
from engine.queue.submission import is_trained, retry_run, submit_runs
from engine.runs.config import RunConfig
from engine.runs.run_files import RESULT, write_json

ROOT = Path(__file__).parents[2]
CONFIGS = [RunConfig(seed=seed) for seed in range(3)]
PLACE = Place(Path("/data"))


@pytest.fixture
def run_ids(store, queue) -> list[str]:
    """Three queued runs."""
    return submit_runs(store, queue, CONFIGS, PLACE)


def rows(queue) -> set[str]:
    return {job.job_id for job in queue.jobs()}


@pytest.mark.parametrize("obstacle", ["unknown", "running", "shipped"])
def test_nothing_is_deleted_if_one_run_cannot_be(store, queue, run_ids, tmp_path, obstacle):
    wrong = "mnist-mini-std-0000000000"
    if obstacle == "running":
        wrong = queue.claim(process_identity() or "", lambda jobs: jobs[-1:])[0].run_id
    elif obstacle == "shipped":
        store.shipped = tmp_path / "shipped"
        wrong = type(store)(store.shipped).create(RunConfig(seed=9)).name
    before, kept = rows(queue), sorted(store.run_ids())
    with pytest.raises(InputError, match=wrong):
        delete_runs(store, queue, [run_ids[0], wrong])
    assert rows(queue) == before and sorted(store.run_ids()) == kept and store.trash.entries() == []


def test_a_deletion_that_fails_half_way_is_undone(store, queue, run_ids, monkeypatch):
    real, moved = os.rename, []

    def full(source, target):
        if len(moved) == 1:
            moved.append(None)
            raise OSError(28, "No space left on device")
        moved.append(source)
        real(source, target)

    monkeypatch.setattr(os, "rename", full)
    with pytest.raises(OSError, match="No space"):
        delete_runs(store, queue, run_ids[:2])
    assert sorted(store.run_ids()) == sorted(run_ids) and rows(queue) == set(run_ids)
    assert store.trash.entries() == []


def test_one_name_twice_is_one_run(store, queue, run_ids):
    delete_runs(store, queue, [run_ids[0], run_ids[0]])
    assert set(store.run_ids()) == rows(queue) == set(run_ids[1:])


def test_a_launch_during_a_deletion_comes_after_it(store, queue, run_ids, monkeypatch):
    """The launch starts when the folder is gone and the row is not; it must find neither."""
    real, launched = store.delete, threading.Event()

    def launch() -> None:
        submit_runs(type(store)(store.root), RunQueue(store.root), CONFIGS[:1], PLACE)
        launched.set()

    other = threading.Thread(target=launch)

    def delete(run_id):
        deleted = real(run_id)
        other.start()
        assert not launched.wait(0.3), "the launch waits for the transaction"
        return deleted

    monkeypatch.setattr(store, "delete", delete)
    delete_runs(store, queue, run_ids[:1])
    other.join()
    job = queue.job(run_ids[0])
    assert job is not None and job.status == "queued" and store.config(run_ids[0]) == CONFIGS[0]
    assert len(store.trash.entries()) == 1


def test_a_restored_run_is_finished_or_can_be_resumed(store, queue, run_ids):
    write_json(store.root / run_ids[0] / RESULT, {"status": "finished", "clean_accuracy": 0.5})
    deleted = delete_runs(store, queue, run_ids[:2])
    assert rows(queue) == set(run_ids[2:])
    for entry in deleted:
        restore_run(store, queue, entry)
    states = [read_overview(store, run_id, queue.job(run_id)).status for run_id in run_ids[:2]]
    assert states == ["finished", "interrupted"]
    retry_run(store, queue, run_ids[1], PLACE)
    assert rows(queue) == set(run_ids[1:]), "only the unfinished run is queued again"


def test_a_run_launched_again_is_not_replaced(store, queue, run_ids):
    (deleted,) = delete_runs(store, queue, run_ids[:1])
    submit_runs(store, queue, CONFIGS[:1], PLACE)
    with pytest.raises(InputError, match="exist again"):
        restore_run(store, queue, deleted)
    assert [entry.path for entry in store.trash.entries()] == [deleted.path]


KILLED = """
import os, sys
from pathlib import Path
from engine.queue.deletion import delete_runs
from engine.queue.run_queue import RunQueue
from engine.runs.store import RunStore
left = int(sys.argv[2])
def watch(event, arguments):
    global left
    if event in ("os.mkdir", "os.rename", "sqlite3.connect", "os.remove", "open"):
        left -= event != "open" or str(sys.argv[1]) in str(arguments[0])
        if left == 0: os.kill(os.getpid(), 9)
store, queue = RunStore(Path(sys.argv[1])), RunQueue(Path(sys.argv[1]))
sys.addaudithook(watch)
delete_runs(store, queue, sys.argv[3:])
"""


def test_a_launch_after_a_killed_deletion_trains(store, queue, run_ids):
    """Each run is whole or gone, whichever step the kill hits; what is gone is not taken for finished."""
    for run_id in run_ids[:2]:
        write_json(store.root / run_id / RESULT, {"status": "finished", "clean_accuracy": 0.5})
    kills = 0
    for step in range(1, 50):
        words = [sys.executable, "-c", KILLED, str(store.root), str(step), *run_ids[:2]]
        killed = subprocess.run(words, cwd=ROOT, check=False).returncode == -9
        kills += killed
        for run_id, config in zip(run_ids[:2], CONFIGS, strict=False):
            assert (store.root / run_id).exists() == is_trained(store, config)
        for entry in store.trash.entries():
            assert (entry.path / RESULT).exists() and (entry.path / "config.json").exists()
            restore_run(store, queue, entry)
        if not killed:
            break
    assert kills >= 4


@pytest.mark.parametrize("moment", ["insert", "commit"])
def test_a_launch_that_cannot_be_queued_leaves_no_empty_run(store, queue, monkeypatch, moment):
    def full(*_, **__):
        raise sqlite3.OperationalError("database or disk is full")

    real = queue.transaction
    with monkeypatch.context() as patch:
        if moment == "insert":
            patch.setattr(queue, "submit", full)
        else:
            patch.setattr(queue, "transaction", lambda: _Failing(real(), full))
        with pytest.raises(QueueProblem, match="full"):
            submit_runs(store, queue, CONFIGS[:1], PLACE)
    assert store.run_ids() == [] and queue.jobs() == [] and not (store.root / CONFIGS[0].run_id).exists()
    assert submit_runs(store, queue, CONFIGS[:1], PLACE) == store.run_ids()


class _Failing:
    """A transaction whose commit fails the first time."""

    left = 1

    def __init__(self, real, fail) -> None:
        self.real, self.fail = real, fail

    def __enter__(self) -> None:
        self.real.__enter__()

    def __exit__(self, *error: object) -> None:
        if _Failing.left and error[0] is None:
            _Failing.left = 0
            try:
                self.fail()
            except sqlite3.OperationalError as failure:
                self.real.__exit__(type(failure), failure, None)
                raise
        else:
            self.real.__exit__(*error)
