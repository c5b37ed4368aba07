"""What is said of a worker that cannot start, hangs or is suspended."""

import fcntl
import multiprocessing
import os
import signal
import subprocess
import time
from contextlib import nullcontext
from dataclasses import replace

import pytest

from engine.command_line.attendant import MOST_STARTS, Attendant
from engine.errors import InputError
from engine.queue import client, worker, worker_log
from engine.queue.client import LOCK, WorkerSettings, worker_identity
from engine.queue.process_identity import process_identity
from engine.queue.worker import _keep_alive, _lock
from engine.queue.worker_log import ENDED, LOG, OLDER_LOG, note_start, read_last_start, rotate
from engine.queue.worker_state import NO_BEAT, NO_PROGRESS, WorkerFailed, worker_state


@pytest.fixture
def root(store):
    return store.root


@pytest.fixture
def child():
    process = subprocess.Popen(["sleep", "600"])
    yield process
    process.kill()
    process.wait()


@pytest.fixture
def dead() -> str:
    process = subprocess.Popen(["sleep", "60"])
    identity = process_identity(process.pid)
    process.kill()
    process.wait()
    return identity


def suspend(child) -> str:
    os.kill(child.pid, signal.SIGSTOP)
    os.waitpid(child.pid, os.WUNTRACED)
    return process_identity(child.pid)


def running(queue, owner: str, **changes):
    queue.submit("a", "train", "a", {})
    (job,) = queue.claim(owner, lambda jobs: jobs)
    return replace(job, **changes)


def test_a_worker_that_cannot_start_is_said_with_its_last_line(root, dead):
    assert worker_state(root, []).status == "absent"
    note_start(root, dead)
    with (root / LOG).open("a") as log:
        log.write("Traceback (most recent call last):\nImportError: libtorch.so is missing\n\n")
    state = worker_state(root, [])
    assert state.status == "failed" and "ImportError: libtorch.so is missing" in state.sentence
    assert time.strftime("%Y-%m-%d") in state.sentence and LOG in state.sentence and "launch again" in state.sentence


def test_a_worker_that_starts_or_ended_well_is_no_news(root, dead):
    note_start(root, process_identity())
    assert worker_state(root, []).sentence == ""
    note_start(root, dead)
    with (root / LOG).open("a") as log:
        log.write(f"{ENDED}\n")
    assert worker_state(root, []) == worker_state(root / "absent", []) and worker_state(root, []).status == "absent"


def test_a_worker_that_was_killed_left_no_message(root, dead):
    note_start(root, dead)
    assert "left no message" in worker_state(root, []).sentence


def test_a_suspended_worker_is_said(root, child):
    (root / LOCK).write_text(process_identity(child.pid))
    assert worker_state(root, []).status == "alive"
    suspend(child)
    state = worker_state(root, [])
    assert state.status == "suspended" and f"kill -CONT {child.pid}" in state.sentence


def test_a_suspended_or_hanging_slot_is_said(root, queue, child):
    owner, now = process_identity(child.pid), time.monotonic()
    job = running(queue, owner)
    assert worker_state(root, [job]).sentence == ""
    silent = worker_state(root, [replace(job, beat_clock=now - NO_BEAT - 60)])
    stuck = worker_state(root, [replace(job, progress_clock=now - NO_PROGRESS - 60)])
    assert (silent.status, stuck.status) == ("hanging", "hanging")
    assert "has not reported for" in silent.sentence and "has made no progress for" in stuck.sentence
    suspend(child)
    assert worker_state(root, [job]).status == "suspended"


# waiting


def test_waiting_ends_when_no_worker_can_start(root, queue, dead, monkeypatch, capsys):
    started = []

    def fail(settings) -> bool:
        started.append(settings)
        note_start(root, dead)
        with (root / LOG).open("a") as log:
            log.write("OSError: no space\n")
        return True

    monkeypatch.setattr("engine.command_line.attendant.start_worker", fail)
    queue.submit("a", "train", "a", {})
    attendant = Attendant(queue, WorkerSettings(root, root), interval=0.0)
    with pytest.raises(WorkerFailed, match="no space"):
        for _ in range(20):
            attendant.attend(queue.jobs())
    assert len(started) == MOST_STARTS and capsys.readouterr().err.count("no space") == 1, "it is said once"


# the lock


@pytest.mark.parametrize("content", ["", "garbage", "a/b/c", "\0" * 50, "boot/1/1", "\udcff"])
def test_a_lock_with_other_content_is_free(root, content):
    (root / LOCK).write_bytes(content.encode(errors="surrogateescape"))
    if content == "boot/1/1":
        os.utime(root / LOCK, (1.0, 1.0))
    assert worker_identity(root) is None
    with _lock(root):
        assert worker_identity(root) == process_identity()


def test_a_lock_that_is_held_counts_whatever_it_says(root):
    with (root / LOCK).open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        assert worker_identity(root) is not None
        container = f"{process_identity().rpartition('/')[0]}/1"
        file.write(container)
        file.flush()
        assert worker_identity(root) == container


def test_a_worker_on_another_machine_is_respected(root):
    """Its file lock does not reach this machine."""
    (root / LOCK).write_text("another-boot/1/1/1")
    assert worker_identity(root) == "another-boot/1/1/1"
    with pytest.raises(InputError, match="on another machine"), _lock(root):
        pass
    assert (root / LOCK).read_text() == "another-boot/1/1/1"
    before = time.time() - client.LOCK_AGE - 1
    os.utime(root / LOCK, (before, before))
    assert worker_identity(root) is None
    with _lock(root):
        pass


def test_a_lock_that_is_a_folder_or_missing(root):
    assert worker_identity(root) is None
    (root / LOCK).mkdir()
    assert worker_identity(root) is None


# the log


def test_the_log_is_bounded_and_one_older_is_kept(root, monkeypatch):
    monkeypatch.setattr(worker_log, "LONGEST_LOG", 100)
    with (root / LOG).open("ab") as log:
        log.write(b"x" * 101)
        log.flush()
        rotate(root)
        assert (root / LOG).stat().st_size == 0 and (root / OLDER_LOG).read_bytes() == b"x" * 101
        log.write(b"after")
    rotate(root)
    assert (root / LOG).read_bytes() == b"after", "a process that has the log open goes on with it"


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\n", b"worker started:", b"a log of an earlier version\n"])
def test_a_log_without_a_start_says_nothing(root, content):
    (root / LOG).write_bytes(content)
    assert read_last_start(root) is None


# slots


def _end(code: int) -> None:
    os._exit(code)


class Slots:
    """Stands for the start of worker processes: each ends with the next code."""

    def __init__(self, *codes: int) -> None:
        self.codes, self.count = list(codes), 0

    def __call__(self, *arguments: object):
        self.count += 1
        process = multiprocessing.get_context("spawn").Process(target=_end, args=(self.codes.pop(0),))
        process.start()
        return process


def test_an_error_in_one_slot_ends_no_other(queue, monkeypatch):
    slots = Slots(1, 0, 0)
    monkeypatch.setattr(worker, "_start", slots)
    monkeypatch.setattr(worker, "RESTART_PAUSE", 0.0)
    _keep_alive(2, queue, nullcontext)
    assert slots.count == 3, "the failed one was started again"


def test_slots_that_cannot_start_end_the_worker_with_a_sentence(queue, monkeypatch):
    slots = Slots(*[1] * worker.MOST_FAILED_STARTS)
    monkeypatch.setattr(worker, "_start", slots)
    monkeypatch.setattr(worker, "RESTART_PAUSE", 0.0)
    with pytest.raises(InputError, match="worker.log"):
        _keep_alive(1, queue, nullcontext)
    assert slots.codes == []


def test_a_file_system_without_a_log_is_said_once(queue, monkeypatch, capsys):
    monkeypatch.setattr("engine.queue.schema.JOURNAL", "PRAGMA journal_mode = DELETE")
    queue.submit("a", "train", "a", {})
    worker._note_journal(queue)
    assert "no write-ahead log" in capsys.readouterr().err and queue.jobs()[0].job_id == "a"
