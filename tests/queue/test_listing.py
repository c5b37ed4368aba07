"""The listing: reads only what has changed, misses nothing that has, and serves many threads at once."""

import json
import os
import sqlite3
import sys
import threading
from collections import Counter
from contextlib import closing

import pytest

from engine.queue import listing, overview, run_queue
from engine.queue.listing import Listing
from engine.queue.overview import list_runs
from engine.runs.records import METRICS
from engine.runs.run_files import CONFIG, RESULT, write_json
from engine.runs.store import RunStore

RUNS = 200
RECORD = {"snapshot": 0, "step": 0, "loss": None, "penalty": 0.0, "clean_accuracy": 0.5, "robust_accuracy": None}
RECORD |= {"seconds": 0.0}


@pytest.fixture
def many(store, queue, tiny) -> list[str]:
    """Finished runs that were written long ago."""
    run_ids = []
    for seed in range(RUNS):
        folder = store.create(tiny(seed=seed))
        write_json(folder / RESULT, {"status": "finished", "clean_accuracy": 0.5})
        run_ids.append(folder.name)
    queue.submit(run_ids[0], "train", run_ids[0], {})
    return run_ids


@pytest.fixture
def settled(monkeypatch) -> None:
    """Every file counts as written long ago."""
    monkeypatch.setattr(listing, "now_ns", lambda: 10**19)


@pytest.fixture
def reads(monkeypatch) -> Counter:
    """run_id -> how often it was read from its files."""
    counted: Counter = Counter()

    def read(store, run_id, job):
        counted[run_id] += 1
        return overview.read_listed(store, run_id, job)

    monkeypatch.setattr(listing, "read_listed", read)
    return counted


@pytest.fixture
def opened(monkeypatch) -> list[str]:
    """Paths of all files that this process opens from now on."""
    paths: list[str] = []
    is_on = [True]
    sys.addaudithook(lambda event, arguments: paths.append(str(arguments[0])) if is_on[0] and event == "open" else None)
    yield paths
    is_on[0] = False


def test_a_second_listing_opens_no_file(store, queue, many, settled, opened):
    of_store = Listing(store, queue, shared_for=0)
    first = of_store.read()
    opened.clear()
    assert of_store.read() == first
    assert [path for path in opened if str(store.root) in path] == []


def test_it_equals_the_listing_without_memory(store, queue, many, settled):
    of_store = Listing(store, queue, shared_for=0)
    for _ in range(2):
        assert of_store.read() == list_runs(store, queue) and len(of_store.read()[0]) == RUNS
        assert of_store.read(many[3:5]) == list_runs(store, queue, many[3:5])


def test_only_what_changed_is_read_again(store, queue, many, settled, reads):
    of_store = Listing(store, queue, shared_for=0)
    of_store.read()
    reads.clear()
    write_json(store.root / many[7] / RESULT, {"status": "failed", "error": "diverged"})
    found = {run.run_id: run for run in of_store.read()[0]}
    assert reads == {many[7]: 1} and found[many[7]].status == "failed"
    queue.request_stop(many[0])
    assert {run.run_id: run for run in of_store.read()[0]}[many[0]].job.status == "stopped"
    assert reads == {many[7]: 1, many[0]: 1}


def test_runs_that_come_and_go_are_noticed(store, queue, many, settled, tiny):
    of_store = Listing(store, queue, shared_for=0)
    of_store.read()
    store.delete(many[5])
    new = store.create(tiny(seed=RUNS)).name
    ids = [run.run_id for run in of_store.read()[0]]
    assert ids[0] == new and many[5] not in ids and len(ids) == RUNS


def test_files_that_are_written_in_place_are_noticed_after_a_turn(store, queue, many, settled, monkeypatch):
    """Such a write does not change the state of the folder."""
    monkeypatch.setattr(listing, "CHECKED", RUNS // 4)
    of_store = Listing(store, queue, shared_for=0)
    of_store.read()
    (store.root / many[9] / RESULT).write_text(json.dumps({"status": "finished", "clean_accuracy": 0.25}))
    for _ in range(4):
        found = {run.run_id: run.result for run in of_store.read()[0]}
    assert found[many[9]]["clean_accuracy"] == 0.25


def test_two_writes_within_one_tick_of_the_clock_are_not_missed(store, queue, tiny, monkeypatch):
    """The second write leaves the same size and times as the first; on some file systems the clock counts seconds."""
    look = listing.file_state
    monkeypatch.setattr(listing, "file_state", lambda path: look(path)._replace(changed=look(path).modified))
    folder = store.create(tiny())
    of_store, result = Listing(store, queue, shared_for=0), folder / RESULT
    result.write_text(json.dumps({"status": "finished", "clean_accuracy": 0.5}))
    times = (result.stat().st_atime_ns, result.stat().st_mtime_ns)
    of_store.read()
    result.write_text(json.dumps({"status": "finished", "clean_accuracy": 0.6}))
    os.utime(result, ns=times)
    assert of_store.read()[0][0].result["clean_accuracy"] == 0.6


def test_a_growing_run_is_read_at_every_step(store, queue, tiny, settled):
    folder = store.create(tiny())
    of_store = Listing(store, queue, shared_for=0)
    for index in range(3):
        with (folder / METRICS).open("a") as file:
            file.write(json.dumps(RECORD | {"epoch": index}) + "\n")
        assert of_store.read()[0][0].last == RECORD | {"epoch": index}


def test_a_run_that_cannot_be_read_is_tried_again(store, queue, many, settled):
    path = store.root / many[2] / CONFIG
    content = path.read_bytes()
    path.write_text("{")
    of_store = Listing(store, queue, shared_for=0)
    overviews, problems = of_store.read()
    assert len(overviews) == RUNS - 1 and [problem.run_id for problem in problems] == [many[2]]
    path.write_bytes(content)
    assert len(of_store.read()[0]) == RUNS and of_store.read()[1] == []


def test_a_shipped_run_that_was_copied_is_read_from_the_store(tmp_path, queue, tiny, settled):
    shipped = RunStore(tmp_path / "shipped")
    run_id = shipped.create(tiny()).name
    write_json(shipped.root / run_id / RESULT, {"status": "finished", "clean_accuracy": 0.5})
    store = RunStore(queue.path.parent, shipped.root)
    of_store = Listing(store, queue, shared_for=0)
    assert of_store.read()[0][0].result["clean_accuracy"] == 0.5
    write_json(store.own_folder(run_id) / RESULT, {"status": "finished", "clean_accuracy": 0.75})
    assert of_store.read()[0][0].result["clean_accuracy"] == 0.75


def test_five_threads_share_one_read(store, queue, many, reads):
    of_store, gate = Listing(store, queue), threading.Barrier(5)
    found = []

    def read():
        gate.wait()
        found.append(len(of_store.read()[0]))

    threads = [threading.Thread(target=read) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [RUNS] * 5 and set(reads.values()) == {1}


def test_what_is_shared_gives_way_to_a_new_run(store, queue, many, tiny):
    of_store = Listing(store, queue, shared_for=3600)
    of_store.read()
    new = store.create(tiny(seed=RUNS)).name
    assert of_store.read()[0][0].run_id == new
    queue.submit(new, "train", new, {})
    assert of_store.read()[0][0].status == "queued"


def test_runs_that_cannot_be_read_cost_little(store, queue, many, settled, reads, monkeypatch):
    """They are tried again in turns, since a disk that recovers changes no state of a file."""
    monkeypatch.setattr(listing, "CHECKED", RUNS // 4)
    for run_id in many:
        (store.root / run_id / CONFIG).write_text("{")
    of_store = Listing(store, queue, shared_for=0)
    of_store.read()
    reads.clear()
    assert len(of_store.read()[1]) == RUNS and 0 < len(reads) < RUNS // 2
    for _ in range(3):
        of_store.read()
    assert set(reads) == set(many)


def test_reading_the_queue_elsewhere_does_not_make_the_listing_read_it_again(store, queue, many, settled, monkeypatch):
    """SQLite creates an empty log for a reader, and removes it with the last one."""
    counted = []

    def read(*args, **options):
        counted.append(1)
        return run_queue.readable_jobs(*args, **options)

    monkeypatch.setattr(listing, "readable_jobs", read)
    of_store = Listing(store, queue, shared_for=0)
    of_store.read()
    with closing(sqlite3.connect(queue.path)) as reader:
        reader.execute("SELECT count(*) FROM jobs").fetchone()
        assert queue.path.with_name(f"{queue.path.name}-wal").exists()
        of_store.read()
        assert len(counted) == 1
        queue.request_stop(many[0])  # its commit stays in the log as long as the reader is there
        assert {run.run_id: run for run in of_store.read()[0]}[many[0]].job.status == "stopped"


def test_a_run_that_is_read_again_unchanged_is_the_same_object(store, queue, tiny, reads):
    """Files that were written a moment ago are read again, but what was derived from the run stays known."""
    run_id = store.create(tiny()).name
    of_store = Listing(store, queue, shared_for=0)
    (first,), (again,) = of_store.read()[0], of_store.read()[0]
    assert again is first and reads[run_id] == 2
