"""The file of the queue: transactions, earlier versions, and reading without writing."""

import multiprocessing
import sqlite3
import subprocess
import threading
from pathlib import Path

import pytest

from engine.errors import InputError
from engine.queue import queue_file
from engine.queue.job import Place
from engine.queue.problem import QueueProblem
from engine.queue.run_queue import RunQueue
from engine.queue.schema import MIGRATIONS, SCHEMA_VERSION

OLD_ROW = ("a", "train", "a", "{}", "queued", 1.0)


def old_queue(root: Path, wal: bool = True) -> Path:
    """A file of version 1 with one row."""
    path = root / "queue.sqlite"
    connection = sqlite3.connect(path, isolation_level=None)
    if wal:
        connection.execute("PRAGMA journal_mode = WAL")
    for statement in MIGRATIONS[0]:
        connection.execute(statement)
    connection.execute("PRAGMA user_version = 1")
    connection.execute(
        "INSERT INTO jobs (job_id, kind, run_id, payload, status, created_at) VALUES (?, ?, ?, ?, ?, ?)", OLD_ROW
    )
    connection.close()
    return path


def version_of(path: Path) -> int:
    connection = sqlite3.connect(path)
    try:
        return connection.execute("PRAGMA user_version").fetchone()[0]
    finally:
        connection.close()


def files(folder: Path) -> dict[str, tuple[int, bytes]]:
    return {path.name: (path.stat().st_mtime_ns, path.read_bytes()) for path in folder.iterdir()}


def test_an_earlier_version_opens_with_its_rows(tmp_path):
    path = old_queue(tmp_path)
    queue = RunQueue(tmp_path)
    (job,) = queue.jobs()
    assert (job.job_id, job.status, job.place, job.beat_clock) == ("a", "queued", None, None)
    assert version_of(path) == SCHEMA_VERSION
    queue.submit("a", "train", "a", {}, Place(tmp_path, "cpu"))
    assert queue.job("a").place == Place(tmp_path, "cpu")


def _open(root: str, start) -> None:
    start.wait()
    RunQueue(Path(root)).submit(str(multiprocessing.current_process().pid), "train", "x", {})


@pytest.mark.parametrize("make", [old_queue, lambda root: None], ids=["version 1", "no file"])
def test_many_processes_open_an_earlier_version_at_once(tmp_path, make):
    make(tmp_path)
    context = multiprocessing.get_context("spawn")
    start = context.Event()
    processes = [context.Process(target=_open, args=(str(tmp_path), start)) for _ in range(4)]
    for process in processes:
        process.start()
    start.set()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0] * 4
    assert len([job for job in RunQueue(tmp_path).jobs() if job.run_id == "x"]) == 4
    assert version_of(tmp_path / "queue.sqlite") == SCHEMA_VERSION


# transactions


def test_changes_in_a_transaction_become_visible_together(queue, store):
    other = RunQueue(store.root)
    with queue.transaction():
        queue.submit("a", "train", "a", {})
        queue.request_stop("a")
        assert queue.job("a").status == "stopped" and queue.has(("stopped",)), "it reads what it has written"
        assert other.jobs() == []
    assert other.job("a").status == "stopped"


def test_an_error_undoes_all_changes_of_a_transaction(queue):
    with pytest.raises(OSError, match="full"), queue.transaction():
        queue.submit("a", "train", "a", {})
        with queue.transaction():
            queue.submit("b", "train", "b", {})
        raise OSError("full")
    assert queue.jobs() == [] and queue.submit("a", "train", "a", {})


def test_another_thread_does_not_join_a_transaction(store):
    queue, found = RunQueue(store.root, timeout=0.05), []

    def change() -> None:
        try:
            queue.submit("b", "train", "b", {})
        except QueueProblem as problem:
            found.append(str(problem))

    with queue.transaction():
        queue.submit("a", "train", "a", {})
        thread = threading.Thread(target=change)
        thread.start()
        thread.join()
    assert len(found) == 1 and "has locked the queue" in found[0]
    assert [job.job_id for job in queue.jobs()] == ["a"]


# reading without writing


CHANGES = [
    lambda queue: queue.submit("b", "train", "b", {}),
    lambda queue: queue.resume("a"),
    lambda queue: queue.request_stop("a"),
    lambda queue: queue.claim("boot/1/1", lambda jobs: jobs),
    lambda queue: queue.take("boot/1/1", "a", "train", "a", {}),
    lambda queue: queue.beat("boot/1/1", ["a"], 0.5, ""),
    lambda queue: queue.release("boot/1/1", "a", "stopped"),
    lambda queue: queue.delete_run("a"),
    lambda queue: queue.record_rate("cpu", 1.0),
    lambda queue: queue.transaction().__enter__(),
]


@pytest.mark.parametrize("wal", [True, False])
def test_a_read_only_queue_changes_no_file(tmp_path, wal):
    old_queue(tmp_path, wal)
    before = files(tmp_path)
    queue = RunQueue(tmp_path, read_only=True)
    assert [job.job_id for job in queue.jobs()] == ["a"] and queue.job("a").run_id == "a"
    assert queue.has(("queued",)) and queue.rates() == {}
    for change in CHANGES:
        with pytest.raises(InputError, match="read-only"):
            change(queue)
    assert files(tmp_path) == before and version_of(tmp_path / "queue.sqlite") == 1


def test_a_read_only_queue_without_a_file_is_empty(tmp_path):
    queue = RunQueue(tmp_path / "absent", read_only=True)
    assert queue.jobs() == [] and queue.job("a") is None and not queue.has(("queued",)) and queue.rates() == {}
    assert list(tmp_path.iterdir()) == []


def test_a_read_only_queue_sees_what_the_log_holds(tmp_path):
    old_queue(tmp_path)
    RunQueue(tmp_path).jobs()
    writer = sqlite3.connect(tmp_path / "queue.sqlite", isolation_level=None)
    try:
        writer.execute("PRAGMA wal_autocheckpoint = 0")
        writer.execute("UPDATE jobs SET status = 'stopped'")
        before = files(tmp_path)
        assert before["queue.sqlite-wal"][1] and RunQueue(tmp_path, read_only=True).job("a").status == "stopped"
        assert files(tmp_path) == before
    finally:
        writer.close()


def test_a_copy_that_changes_while_it_is_made_is_made_again(tmp_path, monkeypatch):
    path = old_queue(tmp_path)
    reads, read_bytes = [], Path.read_bytes

    def read(self: Path) -> bytes:
        reads.append(self)
        if len(reads) == 2:
            connection = sqlite3.connect(path)
            connection.execute("UPDATE jobs SET status = 'stopped'")
            connection.commit()
            connection.close()
        return read_bytes(self)

    monkeypatch.setattr(Path, "read_bytes", read)
    assert RunQueue(tmp_path, read_only=True).job("a").status == "stopped" and len(reads) > 2


def test_a_file_that_never_rests_is_said(tmp_path, monkeypatch):
    old_queue(tmp_path)
    contents = iter(range(1000))
    monkeypatch.setattr(Path, "read_bytes", lambda self: bytes([next(contents) % 256]))
    with pytest.raises(InputError, match="changes all the time"):
        RunQueue(tmp_path, read_only=True).jobs()


@pytest.mark.parametrize("code", sorted(queue_file.UNWRITABLE))
def test_a_queue_whose_folder_cannot_be_written_is_read_from_a_copy(tmp_path, monkeypatch, code):
    """What SQLite says on a read-only mount and on a full disk, where it cannot make its files beside the queue."""
    old_queue(tmp_path)
    connect = sqlite3.connect

    def refuse(path, **options):
        if path == tmp_path / "queue.sqlite":
            error = sqlite3.OperationalError("disk I/O error")
            error.sqlite_errorcode = code
            raise error
        return connect(path, **options)

    monkeypatch.setattr(sqlite3, "connect", refuse)
    queue = RunQueue(tmp_path)
    assert [job.job_id for job in queue.jobs()] == ["a"]
    with pytest.raises(QueueProblem):
        queue.submit("b", "train", "b", {})


@pytest.mark.parametrize("wal", [True, False])
def test_a_queue_on_a_read_only_mount_is_read(tmp_path, wal):
    old_queue(tmp_path, wal)
    mounted = subprocess.run(["mount", "--bind", tmp_path, tmp_path], capture_output=True).returncode == 0
    if not mounted:
        pytest.skip("mounting is forbidden here")
    try:
        if subprocess.run(["mount", "-o", "remount,ro,bind", tmp_path], capture_output=True).returncode:
            pytest.skip("a read-only mount is forbidden here")
        for queue in (RunQueue(tmp_path, read_only=True), RunQueue(tmp_path)):
            assert [job.job_id for job in queue.jobs()] == ["a"] and queue.has(("queued",))
    finally:
        subprocess.run(["umount", tmp_path], check=True)
