"""`reindex`: a damaged queue is replaced, and its rows agree with the runs."""

import os
import sqlite3
import subprocess
from contextlib import closing

import pytest

from engine.errors import InputError
from engine.measurements.evaluation.request import EvaluationRequest
from engine.queue.client import LOCK
from engine.queue.process_identity import process_identity
from engine.queue.reindex import plan_reindexing, reindex
from engine.queue.submission import submit_measurement, submit_runs
from engine.runs.run_files import MODEL
from engine.training.checkpoint_file import LAST
from tests.small_runs import HERE, THREAT


@pytest.fixture
def unfinished(store, queue, tiny) -> str:
    """A run with a checkpoint, whose row waits."""
    (run_id,) = submit_runs(store, queue, [tiny()], HERE)
    (store.root / run_id / LAST).write_bytes(b"a checkpoint")
    return run_id


@pytest.fixture
def measured(store, queue, tiny) -> str:
    """Row of an evaluation that waits."""
    folder = store.create(tiny(seed=7))
    (folder / MODEL).write_bytes(b"weights")
    return submit_measurement(store, queue, folder.name, EvaluationRequest(attacks=("fgsm",), threat=THREAT), HERE)


def overwrite(queue) -> bytes:
    queue.path.write_bytes(b"no database" * 500)
    return queue.path.read_bytes()


def test_a_damaged_file_is_kept_and_trainings_are_found_again(store, queue, unfinished, tiny):
    store.create(tiny(seed=1))  # never trained: nothing to go on with
    content = overwrite(queue)
    plan = plan_reindexing(store, queue)
    assert queue.path.read_bytes() == content, "a plan changes nothing"
    done, aside = reindex(store, queue, HERE)
    assert done == plan and done.damage and done.restored == (unfinished,)
    assert aside.read_bytes() == content and aside.parent == store.root
    (job,) = queue.jobs()
    assert (job.job_id, job.status, job.place, job.kind) == (unfinished, "interrupted", HERE, "train")
    assert [each.job_id for each in queue.claim("boot/1/1", lambda jobs: jobs)] == [unfinished], "a worker resumes it"


def test_a_readable_queue_keeps_its_rows(store, queue, unfinished, measured):
    queue.submit("gone", "train", "gone", {})
    queue.submit("gone--evaluate", "evaluate", "gone", {})
    before = {job.job_id: job for job in queue.jobs() if job.run_id != "gone"}
    done, aside = reindex(store, queue, HERE)
    assert aside is None and done.damage is None and done.restored == ()
    assert done.dropped == ("gone", "gone--evaluate") and {job.job_id: job for job in queue.jobs()} == before


def test_rows_that_a_damaged_file_still_shows_are_kept(store, queue, unfinished, measured):
    for number in range(400):
        queue.submit(f"{unfinished}--{number}", "evaluate", unfinished, {"text": "x" * 200})
    with closing(sqlite3.connect(queue.path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        size = connection.execute("PRAGMA page_size").fetchone()[0]
    content = bytearray(queue.path.read_bytes())
    middle = len(content) // size // 2 * size
    content[middle : middle + size] = b"\xff" * size
    queue.path.write_bytes(bytes(content))
    done, _ = reindex(store, queue, HERE)
    assert done.damage and unfinished in {job.job_id for job in done.kept}
    assert 100 < done.open_measurements < 402 and len(queue.jobs()) == len(done.kept)
    assert queue.job(measured).payload["attacks"] == ["fgsm"]


def test_a_damaged_file_stays_until_the_new_one_has_its_rows(store, queue, unfinished, measured, monkeypatch):
    """Else a crash in between loses rows that can still be read."""
    content = overwrite(queue)

    def full(*_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(type(queue), "submit", full)
        with pytest.raises(OSError, match="No space"):
            reindex(store, queue, HERE)
    assert queue.path.read_bytes() == content
    assert reindex(store, queue, HERE)[0].restored == (unfinished,)
    assert [path.name for path in store.root.iterdir() if path.name.startswith(".new-")] == []


def test_no_queue_at_all(store, queue, unfinished):
    queue.path.unlink()
    done, aside = reindex(store, queue, HERE)
    assert aside is None and done.restored == (unfinished,) and queue.job(unfinished).status == "interrupted"


def test_nobody_may_be_at_work(store, queue, unfinished):
    (store.root / LOCK).write_text(process_identity())
    with pytest.raises(InputError, match="a worker"):
        reindex(store, queue, HERE)
    (store.root / LOCK).unlink()
    queue.take(f"{process_identity()}/interactive", unfinished, "train", unfinished, {}, HERE)
    with pytest.raises(InputError, match=f"process {os.getpid()}"):
        reindex(store, queue, HERE)
    assert queue.job(unfinished).status == "running"


def test_a_worker_that_is_gone_hinders_nothing(store, queue, unfinished):
    child = subprocess.Popen(["sleep", "60"])
    identity = process_identity(child.pid)
    child.kill()
    child.wait()
    (store.root / LOCK).write_text(identity)
    assert reindex(store, queue, HERE)[0].damage is None
