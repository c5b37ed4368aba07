"""Read-only changes nothing: not a row, not a process, not a folder, not a file, whoever runs it and from where."""

import json
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from dashboard.settings import read_settings
from engine.errors import InputError
from engine.queue.deletion import delete_runs
from engine.queue.observed_queue import ObservedQueue
from engine.queue.process_identity import process_identity
from engine.queue.run_queue import RunQueue
from engine.queue.submission import retry_run, submit_runs
from engine.runs.labels import LabelChange
from engine.runs.store import RunStore
from engine.runs.trash import DeletedRun
from engine.studies.sweep import SweepRequest
from engine.studies.sweep_files import forget_sweep, save_sweep
from tests.dashboard.conftest import TINY
from tests.dashboard.store_runs import std_and_minmax
from tests.dashboard.trees import tree
from tests.namespaces import as_another_user, namespace, read_only

ROOT = Path(__file__).parents[2]
PAGES = ["home", "launch", "runs", "weights", "robustness", "examples", "sweeps", "paper", "theory"]
DEAD = "/".join([str(process_identity()).split("/")[0], "999999999", "1", *str(process_identity()).split("/")[3:]])


@pytest.fixture
def stubborn():
    """A process that ignores requests to stop."""
    process = subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"], start_new_session=True)
    yield process
    process.kill()
    process.wait()


@pytest.fixture
def busy_store(store, stubborn) -> RunStore:
    """A store with a training that ignores a stop request, and one whose process is dead."""
    first, second = std_and_minmax(store)
    owners = {first: process_identity(stubborn.pid), second: DEAD}
    queue = RunQueue(store.root)
    for run_id, owner in owners.items():
        (store.root / run_id / "result.json").unlink()
        queue.submit(run_id, "train", run_id, {})
        queue.resume(run_id)
        assert queue.claim(str(owner), lambda jobs, run_id=run_id: [job for job in jobs if job.job_id == run_id])
    queue.request_stop(first)
    old = "UPDATE jobs SET stop_requested_at = ? WHERE job_id = ?"
    import sqlite3  # what no method does: the request was an hour ago

    with sqlite3.connect(queue.path) as connection:
        connection.execute(old, (time.time() - 3600, first))
    connection.close()
    return store


def statuses(queue: RunQueue) -> dict[str, str]:
    return {job.job_id: job.status for job in queue.jobs()}


@pytest.mark.parametrize("page", PAGES)
def test_no_page_changes_anything(open_page, busy_store, started_workers, stubborn, page):
    before = tree(busy_store.root)
    app = open_page(page, busy_store.root, read_only=True)
    assert not app.exception
    assert tree(busy_store.root) == before
    assert started_workers == [] and stubborn.poll() is None


def test_a_dead_process_owns_nothing_and_stays_in_the_queue(busy_store):
    first, second = std_and_minmax(busy_store)
    before = tree(busy_store.root)
    seen = ObservedQueue(busy_store.root)
    seen.reconcile()
    assert statuses(seen) == {first: "stopping", second: "interrupted"}
    found = seen.job(second)
    assert found is not None and found.owner is None
    assert tree(busy_store.root) == before
    assert statuses(RunQueue(busy_store.root)) == {first: "stopping", second: "running"}


def test_a_death_is_noticed_though_nobody_writes_it(serve_store, busy_store, stubborn):
    from dashboard import sources  # its settings are those of `serve_store`

    first, _ = std_and_minmax(busy_store)
    serve_store(busy_store.root, read_only=True)
    sources._listing.clear()
    assert {run.run_id: run.status for run in sources.runs([first])} == {first: "stopping"}
    stubborn.kill()
    stubborn.wait()
    assert {run.run_id: run.status for run in sources.runs([first])} == {first: "stopped"}


def test_every_change_is_refused(busy_store, monkeypatch):
    monkeypatch.setenv("MINMAX_STORE", str(busy_store.root))
    monkeypatch.setenv("MINMAX_READ_ONLY", "1")
    here = read_settings()
    first, second = std_and_minmax(busy_store)
    sweep = SweepRequest()
    save_sweep(busy_store, sweep)
    before = tree(busy_store.root)
    changes = [
        here.store.prepare,
        lambda: here.store.create(TINY.configs()[0]),
        lambda: here.store.own_folder(first),
        lambda: here.store.delete(first),
        lambda: here.store.change_labels(first, LabelChange(name="x")),
        lambda: here.store.trash.restore(DeletedRun(here.store.root, first, 0.0)),
        lambda: here.store.trash.remove(here.store.root / first),
        lambda: save_sweep(here.store, sweep),
        lambda: forget_sweep(here.store, sweep),
        lambda: retry_run(here.store, here.queue, second, here.worker.place),
        lambda: delete_runs(here.store, here.queue, [second]),
        lambda: submit_runs(here.store, here.queue, TINY.configs(), here.worker.place),
        lambda: here.queue.request_stop(first),
        lambda: here.queue.submit("x", "train", "x", {}),
        lambda: here.queue.record_rate("cpu", 1.0),
    ]
    for change in changes:
        with pytest.raises(InputError, match="read-only"):
            change()
    assert tree(busy_store.root) == before


def test_a_missing_store_is_not_created(open_page, tmp_path):
    app = open_page("launch", tmp_path / "missing", read_only=True)
    assert not app.exception
    assert "does not exist" in app.info[0].value
    assert not (tmp_path / "missing").exists()


def walk(store: Path, *before: str) -> dict:
    """What tests/dashboard/read_only_walk.py prints."""
    words = [*before, sys.executable, "-m", "tests.dashboard.read_only_walk", str(store)]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=500)
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout.splitlines()[-1])


def assert_quiet(walked: dict) -> None:
    assert walked["changes"] == []
    assert {name: page["failed"] for name, page in walked["shown"].items()} == dict.fromkeys(PAGES, [])


@pytest.mark.slow
@pytest.mark.parametrize("has_log", [False, True])
def test_no_page_opens_anything_for_writing(busy_store, has_log):
    log = busy_store.root / "queue.sqlite-wal"
    holder = held_log(busy_store) if has_log else None
    assert log.exists() == has_log
    before = tree(busy_store.root)
    assert_quiet(walk(busy_store.root))
    assert tree(busy_store.root) == before
    if holder is not None:
        holder.close()


def held_log(store: RunStore):
    """A connection that keeps the queue's write-ahead log alive, with a change in it."""
    import sqlite3  # the queue itself keeps no connection open

    connection = sqlite3.connect(store.root / "queue.sqlite", isolation_level=None)
    connection.execute("PRAGMA wal_autocheckpoint = 0")
    connection.execute("UPDATE jobs SET message = 'in the log'")
    return connection


@pytest.mark.slow
@pytest.mark.parametrize("has_log", [False, True])
def test_a_store_on_a_read_only_mount_opens(busy_store, has_log):
    holder = held_log(busy_store) if has_log else None
    store = busy_store.root
    walked = walk(store, *namespace(read_only(store) + 'exec "$@"'))
    assert_quiet(walked)
    assert "Min-Max" in walked["shown"]["launch"]["text"].replace("\\", "")
    if holder is not None:
        holder.close()


@pytest.mark.slow
def test_a_read_only_checkout_opens_as_another_user(busy_store):
    """As `docker run --read-only --user 1234`: no home, no right to write anywhere, no bytecode."""
    user = as_another_user()
    with tempfile.TemporaryDirectory() as folder:  # those of pytest are private
        Path(folder).chmod(0o755)
        store = Path(shutil.copytree(busy_store.root, Path(folder) / "store"))
        before = tree(store)
        assert_quiet(walk(store, *user))
        assert tree(store) == before
