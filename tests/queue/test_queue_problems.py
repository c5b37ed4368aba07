"""A queue that is locked, damaged, replaced or foreign: everybody reads on, and trainings go on."""

import os
import sqlite3
import threading
import time
from contextlib import closing

import pytest

from engine.queue import heartbeat
from engine.queue.heartbeat import Heartbeat
from engine.queue.job import Place
from engine.queue.job_runner import JobRunner
from engine.queue.overview import list_runs
from engine.queue.patience import Patience, release_patiently
from engine.queue.problem import QueueProblem
from engine.queue.process_identity import process_identity
from engine.queue.run_queue import RunQueue, readable_jobs
from engine.queue.submission import submit_runs
from engine.queue.worker_process import serve
from tests.small_runs import HERE


@pytest.fixture
def hasty(store) -> RunQueue:
    """A queue that does not wait for a lock."""
    return RunQueue(store.root, timeout=0.0)


@pytest.fixture
def quick(monkeypatch) -> None:
    monkeypatch.setattr(heartbeat, "LISTEN_INTERVAL", 0.005)
    monkeypatch.setattr("engine.queue.patience.FIRST_PAUSE", 0.001)


def lock(queue: RunQueue) -> sqlite3.Connection:
    """A connection of another program that holds the right to write."""
    connection = sqlite3.connect(queue.path, isolation_level=None, check_same_thread=False)
    connection.execute("BEGIN EXCLUSIVE")
    return connection


def shut(queue: RunQueue) -> sqlite3.Connection:
    """A connection of another program that keeps even readers out."""
    connection = sqlite3.connect(queue.path, timeout=30.0, isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA locking_mode = EXCLUSIVE")
    connection.execute("BEGIN EXCLUSIVE")
    return connection


def overwrite(queue: RunQueue) -> None:
    for ending in ("", "-wal", "-shm"):
        queue.path.with_name(queue.path.name + ending).unlink(missing_ok=True)
    queue.path.write_bytes(b"something else" * 500)


def foreign(queue: RunQueue) -> None:
    queue.path.unlink()
    with closing(sqlite3.connect(queue.path)) as connection:
        connection.execute("CREATE TABLE pictures (name TEXT)")
        connection.commit()


def older_columns(queue: RunQueue) -> None:
    queue.path.unlink()
    with closing(sqlite3.connect(queue.path)) as connection:
        connection.execute("CREATE TABLE jobs (name TEXT)")
        connection.execute("PRAGMA user_version = 2")
        connection.commit()


def folder(queue: RunQueue) -> None:
    queue.path.unlink()
    queue.path.mkdir()


def replace_in_definition(old: bytes, new: bytes):
    """Harm to the definition of the table, of the same length."""
    assert len(old) == len(new)

    def harm(queue: RunQueue) -> None:
        with closing(sqlite3.connect(queue.path)) as connection:
            connection.execute("PRAGMA journal_mode = delete")
        content = queue.path.read_bytes()
        assert old in content
        queue.path.write_bytes(content.replace(old, new))

    return harm


renamed_column = replace_in_definition(b" progress REAL", b" prOgresz REAL")
no_text = replace_in_definition(b" TEXT NOT NULL, payload", b" TEXT NOT NU\xcc)  payload")


@pytest.mark.parametrize("harm", [overwrite, foreign, older_columns, folder, renamed_column, no_text])
def test_runs_are_listed_from_their_files(store, queue, tiny, harm):
    submit_runs(store, queue, [tiny()], HERE)
    harm(queue)
    jobs, problem = readable_jobs(queue)
    assert jobs == [] and "queue.sqlite" in problem and "\n" not in problem
    (run,), problems = list_runs(store, queue)
    assert run.status == "interrupted" and run.job is None and problems == [] and queue.rates() == {}


def test_a_lock_is_a_sentence(store, hasty, tiny):
    submit_runs(store, hasty, [tiny()], HERE)
    with closing(lock(hasty)):
        assert readable_jobs(hasty)[1] is None, "readers do not wait for a writer"
        with pytest.raises(QueueProblem, match="has locked the queue") as caught:
            hasty.submit("b", "train", "b", {})
        assert caught.value.damage is None


def test_readers_wait_once_for_a_lock_that_stays(store, tiny, monkeypatch):
    queue, waits = RunQueue(store.root, timeout=0.01), []
    queue.submit("a", "train", "a", {})
    connect = sqlite3.connect
    monkeypatch.setattr(
        sqlite3, "connect", lambda *words, **options: waits.append(options["timeout"]) or connect(*words, **options)
    )
    with closing(shut(queue)):
        assert all("has locked the queue" in readable_jobs(queue)[1] for _ in range(3))
        assert waits[-3:] == [0.01, 0.0, 0.0]
        with pytest.raises(QueueProblem):
            queue.submit("b", "train", "b", {})
        assert waits[-1] == 0.01, "a request waits"
    assert readable_jobs(queue)[1] is None and readable_jobs(queue)[1] is None
    assert waits[-2:] == [0.0, 0.01]


def test_foreign_tables_are_left_alone(queue, store):
    queue.submit("a", "train", "a", {})
    foreign(queue)
    with pytest.raises(QueueProblem, match="another program"):
        queue.submit("b", "train", "b", {})
    with closing(sqlite3.connect(queue.path)) as connection:
        assert connection.execute("SELECT name FROM sqlite_master").fetchall() == [("pictures",)]


def only_b(jobs: list) -> list:
    return [job for job in jobs if job.job_id == "b"]


BAD = [
    {"payload": "{"},
    {"payload": "[1]"},
    {"status": "bogus"},
    {"kind": "bogus"},
    {"progress": "much"},
    {"progress": float("inf")},
    {"heartbeat": "now"},
    {"owner": b"\xff"},
    {"created_at": "then"},
    {"attempts": "x"},
    {"run_id": b"\xff"},
]


@pytest.mark.parametrize("bad", BAD, ids=str)
def test_a_bad_row_is_the_problem_of_that_row(queue, bad):
    for name in ("a", "b"):
        queue.submit(name, "train", name, {})
    ((column, value),) = bad.items()
    with queue._file.write() as connection:
        connection.execute(f"UPDATE jobs SET {column} = ? WHERE job_id = 'a'", (value,))
    found = {job.job_id: job for job in queue.jobs()}
    assert found["b"].status == "queued"
    if "a" in found:
        assert found["a"].status in ("queued", "failed") and 0 <= found["a"].progress <= 1
        assert found["a"].status == "queued" or "damaged" in found["a"].error
    with queue._file.write() as connection:
        connection.execute("UPDATE jobs SET message = CAST(x'ff' AS TEXT) WHERE job_id = 'a'")
    queue.reconcile()
    assert "b" in [job.job_id for job in queue.claim(process_identity(), only_b)]
    queue.submit("a", "train", "a", {})
    queue.resume("a")
    assert queue.job("a").status == "queued" and queue.job("a").payload == {}


@pytest.mark.parametrize("payload", ["{", "[]", "null", '"text"'])
def test_a_request_that_cannot_be_read_fails_with_a_sentence(store, queue, runner, tiny, payload):
    config = tiny()
    store.create(config)
    queue.submit("a", "evaluate", config.run_id, {})
    with queue._file.write() as connection:
        connection.execute("UPDATE jobs SET payload = ?", (payload,))
    runner.run(runner.claim())
    job = queue.job("a")
    assert job.status == "failed" and job.error and "\n" not in job.error


# work goes on


@pytest.fixture
def runner(store, hasty, few_images, quick) -> JobRunner:
    return JobRunner(store, hasty, few_images, "cpu", process_identity() or "", os.getpid())


@pytest.mark.parametrize("harm", [overwrite, lambda queue: queue.path.unlink(), foreign, older_columns])
def test_a_training_under_way_ends_as_if_nothing_had_happened(
    store, queue, runner, tiny, few_images, harm, monkeypatch
):
    (run_id,) = submit_runs(store, queue, [tiny()], Place(few_images))
    jobs = runner.claim()
    harm(queue)
    waited = []
    monkeypatch.setattr(Patience, "wait", lambda self, problem: waited.append(problem) or queue.path.unlink())
    runner.run(jobs)
    assert store.result(run_id)["status"] == "finished", "its files are the truth"
    assert len(waited) <= 1


def test_a_deleted_queue_has_the_rows_of_the_jobs_under_way_again(store, queue, tiny, quick):
    (run_id,) = submit_runs(store, queue, [tiny()], HERE)
    (job,) = queue.claim(process_identity(), lambda jobs: jobs)
    with Heartbeat(queue, process_identity(), [run_id], os.getpid()) as heart:
        for ending in ("", "-wal", "-shm"):
            queue.path.with_name(queue.path.name + ending).unlink(missing_ok=True)
        while not queue.path.exists() or (found := queue.job(run_id)) is None:
            pass
        assert (found.status, found.owner, found.place) == ("running", job.owner, job.place)
        assert not heart.interrupted()


def test_a_row_that_is_back_when_it_is_looked_for_goes_on(queue, monkeypatch, quick):
    """Another process has put back the queue's file between the beat, which did not find the row, and the look."""
    queue.submit("a", "train", "a", {})
    queue.claim(process_identity(), lambda jobs: jobs)
    beat, beats = queue.beat, []

    def beat_in_vain(*arguments) -> set[str]:
        beats.append(beat(*arguments))
        return set()

    monkeypatch.setattr(queue, "beat", beat_in_vain)
    with Heartbeat(queue, process_identity(), ["a"], os.getpid()) as heart:
        while len(beats) < 3:
            time.sleep(0.01)
        assert not heart.interrupted() and heart.wanted == {"a"}
        monkeypatch.setattr(queue, "beat", beat)
        queue.request_stop("a")
        while not heart.interrupted():
            time.sleep(0.01)


def test_a_release_waits_for_a_lock(hasty, capsys, quick):
    hasty.submit("a", "train", "a", {})
    hasty.claim(process_identity(), lambda jobs: jobs)
    other = lock(hasty)
    waits = []

    def sleep(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 5:
            other.close()

    patience = Patience(sleep)
    assert release_patiently(hasty, process_identity(), "a", "finished", None, os.getpid(), patience=patience)
    assert hasty.job("a").status == "finished" and waits == sorted(waits) and len(waits) == 5
    assert capsys.readouterr().err.count("has locked the queue") == 1, "it is said once"


def test_a_release_ends_with_its_worker(hasty):
    hasty.submit("a", "train", "a", {})
    hasty.claim(process_identity(), lambda jobs: jobs)
    with closing(lock(hasty)):
        assert not release_patiently(hasty, process_identity(), "a", "finished", None, 2**22 + 1)


def test_a_slot_waits_for_a_queue_and_goes_on(store, queue, tiny, few_images, monkeypatch):
    """Damaged at the start, and whole after the third look."""
    config = tiny()
    store.create(config)
    overwrite(queue)
    looks = []

    def repair(self, problem) -> None:
        looks.append(problem)
        if len(looks) == 3:
            queue.path.unlink()
            queue.submit(config.run_id, "train", config.run_id, {}, Place(few_images))

    monkeypatch.setattr(Patience, "wait", repair)
    serve(store.root, few_images, "cpu", 0.0, os.getpid())
    assert queue.job(config.run_id).status == "finished" and len(looks) == 3


def test_a_lock_that_ends_reaches_the_heart(queue, hasty, quick):
    hasty.submit("a", "train", "a", {})
    hasty.claim(process_identity(), lambda jobs: jobs)
    beaten = threading.Event()
    with Heartbeat(hasty, process_identity(), ["a"], os.getpid()) as heart:
        with closing(lock(hasty)):
            heart.report(0.5, "half")
            assert not beaten.wait(0.05) and not heart.interrupted()
        while queue.job("a").progress != 0.5:
            pass
        assert not heart.interrupted()
