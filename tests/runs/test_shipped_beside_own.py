"""Runs that came with the project beside one's own: read in place, copied before anything is written."""

import filecmp
from concurrent.futures import ThreadPoolExecutor

import pytest

from engine.errors import InputError
from engine.measurements.evaluation.request import EvaluationRequest
from engine.queue.deletion import delete_runs
from engine.queue.overview import list_runs
from engine.queue.run_queue import RunQueue
from engine.queue.submission import retry_run, submit_measurement, submit_runs
from engine.runs.config import RunConfig
from engine.runs.run_files import MODEL, RESULT, write_json
from engine.runs.store import RunStore
from tests.small_runs import HERE, THREAT

CONFIG = RunConfig(seed=7)
RUN_ID = CONFIG.run_id


@pytest.fixture
def store(tmp_path):
    """An empty store beside a shipped, finished run."""
    shipped = RunStore(tmp_path / "shipped")
    folder = shipped.create(CONFIG)
    write_json(folder / RESULT, {"status": "finished", "clean_accuracy": 0.5})
    (folder / MODEL).write_bytes(b"weights")
    return RunStore(tmp_path / "own", shipped.root)


def only_run(store):
    (run,), problems = list_runs(store, RunQueue(store.root))
    assert problems == []
    return run


def test_a_shipped_run_is_read_where_it_lies(store):
    assert store.run_ids() == [RUN_ID]
    assert store.folder(RUN_ID) == store.shipped / RUN_ID
    run = only_run(store)
    assert (run.is_shipped, run.status, run.document()["shipped"]) == (True, "finished", True)
    assert not store.root.exists()


def test_it_is_copied_once_before_anything_is_written(store):
    with ThreadPoolExecutor(8) as threads:
        folders = set(threads.map(lambda _: store.own_folder(RUN_ID), range(16)))
    assert folders == {store.root / RUN_ID}
    assert filecmp.dircmp(store.root / RUN_ID, store.shipped / RUN_ID).diff_files == []
    assert [path.name for path in store.root.iterdir()] == [RUN_ID], "no copy is left half-way"
    (store.root / RUN_ID / "note").write_text("mine")
    assert store.own_folder(RUN_ID) == store.root / RUN_ID
    assert (store.root / RUN_ID / "note").exists(), "what is there is not copied over"


def test_attacking_it_leaves_what_is_shipped_alone(store):
    before = sorted((path.name, path.read_bytes()) for path in (store.shipped / RUN_ID).iterdir())
    submit_measurement(store, RunQueue(store.root), RUN_ID, EvaluationRequest(attacks=("fgsm",), threat=THREAT), HERE)
    assert store.folder(RUN_ID) == store.root / RUN_ID
    assert only_run(store).is_shipped, "a copy is still not one's own"
    assert sorted((path.name, path.read_bytes()) for path in (store.shipped / RUN_ID).iterdir()) == before


def test_it_cannot_be_deleted_but_its_copy_can(store):
    queue = RunQueue(store.root)
    with pytest.raises(InputError, match="came with the project"):
        store.delete(RUN_ID)
    store.own_folder(RUN_ID)
    delete_runs(store, queue, [RUN_ID])
    assert store.run_ids() == [RUN_ID] and store.is_shipped(RUN_ID)


def test_launching_what_is_shipped_finds_it(store):
    queue = RunQueue(store.root)
    assert submit_runs(store, queue, [CONFIG, RunConfig(seed=8)], HERE) == [RUN_ID, RunConfig(seed=8).run_id]
    assert [job.run_id for job in queue.jobs()] == [RunConfig(seed=8).run_id]
    assert store.is_shipped(RUN_ID)
    retry_run(store, queue, RUN_ID, HERE)
    assert len(queue.jobs()) == 1, "it is finished already"


def test_training_it_anew_makes_it_ones_own(store):
    queue = RunQueue(store.root)
    submit_runs(RunStore(store.root), queue, [CONFIG], HERE)
    run = only_run(store)
    assert (run.is_shipped, run.status) == (False, "queued")
    assert store.result(RUN_ID) is None
