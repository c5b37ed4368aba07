"""`clean` says what it removes, and removes nothing of a run."""

import json

from engine.atomic import NEW_FOLDER
from engine.runs.leftovers import SECONDS_UNTOUCHED


def litter(laboratory) -> None:
    """Delete the stopped run, and leave a temporary folder of an hour ago."""
    import os

    laboratory.store.delete(laboratory.stopped)
    folder = laboratory.root / f"{NEW_FOLDER}x"
    folder.mkdir()
    os.utime(folder, (folder.stat().st_mtime - SECONDS_UNTOUCHED - 60,) * 2)


def tree(folder) -> set:
    return {path for path in folder.rglob("*") if not path.name.startswith("queue.sqlite")}


def test_a_dry_run_removes_nothing(laboratory, command):
    litter(laboratory)
    before, rows = tree(laboratory.root), len(laboratory.queue.jobs())
    told = command("clean", "--dry-run", *laboratory.folders)
    assert told.code == 0 and "would free" in told.out and "1 deleted runs" in told.out
    assert tree(laboratory.root) == before and len(laboratory.queue.jobs()) == rows


def test_litter_goes_and_runs_stay(laboratory, command):
    litter(laboratory)
    kept = {run_id: tree(laboratory.root / run_id) for run_id in (laboratory.finished, laboratory.queued)}
    told = command("clean", "--json", *laboratory.folders)
    document = json.loads(told.out)
    counts = {kind["name"]: kind["count"] for kind in document["litter"]}
    assert told.code == 0 and document["removed"] is True and document["bytes"] > 0
    assert (counts["deleted runs"], counts["temporary files"], counts["rows without a run"]) == (1, 1, 1)
    assert {run_id: tree(laboratory.root / run_id) for run_id in kept} == kept
    assert set(laboratory.store.run_ids()) == set(kept) and laboratory.store.trash.entries() == []
    assert laboratory.stopped not in {job.job_id for job in laboratory.queue.jobs()}
    again = json.loads(command("clean", "--json", *laboratory.folders).out)
    assert {kind["count"] for kind in again["litter"]} == {0} and again["bytes"] == 0
