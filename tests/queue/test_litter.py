"""What `clean` and the worker remove, and what they keep."""

import os

import pytest

from engine.atomic import NEW_FOLDER
from engine.queue.litter import find_litter, orphaned_rows, sweep
from engine.queue.process_identity import process_identity
from engine.runs.config import RunConfig
from engine.runs.leftovers import SECONDS_UNTOUCHED
from engine.runs.store import CACHE
from engine.runs.trash import SECONDS_KEPT


@pytest.fixture
def littered(store, queue, tmp_path):
    """A store with each kind of litter, beside one run that stays; returns the data folder."""
    kept, deleted = (store.create(RunConfig(seed=seed)).name for seed in (0, 1))
    for run_id in (kept, deleted):
        queue.submit(run_id, "train", run_id, {})
    queue.submit("running", "train", "mnist-mini-std-0000000000", {})
    queue.claim(process_identity() or "", lambda jobs: [job for job in jobs if job.job_id == "running"])
    store.delete(deleted)
    cached = store.root / CACHE / "joblib" / "entry"
    cached.mkdir(parents=True)
    (cached / "output.pkl").write_bytes(b"x" * 1000)
    (store.root / "worker.log").write_bytes(b"new")
    (store.root / "worker.log.1").write_bytes(b"old")
    data = tmp_path / "data"
    for folder in (store.root, data):
        (folder / f"{NEW_FOLDER}x").mkdir(parents=True)
        os.utime(folder / f"{NEW_FOLDER}x", (0, 0))
    return data


def counts(store, queue, data) -> dict[str, int]:
    return {kind.name.split()[0]: kind.count for kind in find_litter(store, queue, data)}


def test_each_kind_is_found_and_removed_and_the_rest_stays(store, queue, littered):
    assert counts(store, queue, littered) == {"deleted": 1, "adversarial": 1, "temporary": 2, "old": 1, "rows": 1}
    for kind in find_litter(store, queue, littered):
        assert kind.size > 0 or kind.name == "rows without a run"
        kind.remove()
    assert set(counts(store, queue, littered).values()) == {0}
    assert store.run_ids() == [RunConfig().run_id] and {job.job_id for job in queue.jobs()} == {
        RunConfig().run_id,
        "running",
    }
    assert (store.root / "worker.log").read_bytes() == b"new" and not (store.root / CACHE).exists()


def test_a_job_that_a_process_works_on_is_no_litter(store, queue, littered):
    assert orphaned_rows(store, queue) == [RunConfig(seed=1).run_id]


def test_the_cache_of_a_running_worker_stays(store, queue, littered):
    (store.root / "worker.lock").write_text(process_identity() or "")
    assert counts(store, queue, littered)["adversarial"] == 0


def test_a_cache_that_is_a_link_stays(store, queue, littered, tmp_path):
    (store.root / CACHE).rename(tmp_path / "elsewhere")
    (store.root / CACHE).symlink_to(tmp_path / "elsewhere")
    assert counts(store, queue, littered)["adversarial"] == 0


def test_the_worker_sweeps_only_what_has_expired(store, queue, littered, monkeypatch):
    fresh = store.root / f"{NEW_FOLDER}fresh"
    fresh.mkdir()
    sweep(store)
    assert len(store.trash.entries()) == 1 and fresh.exists() and not (store.root / f"{NEW_FOLDER}x").exists()
    now = fresh.stat().st_mtime
    monkeypatch.setattr("time.time", lambda: now + max(SECONDS_KEPT, SECONDS_UNTOUCHED) + 60)
    sweep(store)
    assert store.trash.entries() == [] and not fresh.exists()
    assert store.run_ids() == [RunConfig().run_id] and (store.root / CACHE).exists()
