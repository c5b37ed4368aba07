"""Deleting runs with their jobs, and restoring them. A launch at the same moment comes before or after."""

import os
from collections.abc import Sequence
from pathlib import Path

from engine.queue.run_queue import RunQueue
from engine.runs.store import RunStore
from engine.runs.trash import DeletedRun


def delete_runs(store: RunStore, queue: RunQueue, run_ids: Sequence[str]) -> list[DeletedRun]:
    """Move runs into the trash and drop their jobs: all of the runs or, if one cannot be deleted, none.

    Raises:
        InputError: a run does not exist, is shipped, or is one that a process works on; or the queue cannot be read.
    """
    run_ids = list(dict.fromkeys(run_ids))
    deleted: list[DeletedRun] = []
    try:
        with queue.transaction():
            for run_id in run_ids:
                store.check_deletable(run_id)
            for run_id in run_ids:
                queue.delete_run(run_id)
            for run_id in run_ids:
                deleted.append(store.delete(run_id))
    except BaseException:
        for entry in deleted:
            if not os.path.lexists(store.root / entry.run_id):
                store.trash.restore(entry)
        raise
    return deleted


def restore_run(store: RunStore, queue: RunQueue, entry: DeletedRun) -> Path:
    """Move a deleted run back into the store. An unfinished one is then interrupted, and can be resumed.

    Raises:
        InputError: the run exists again, or is no longer in the trash.
    """
    with queue.transaction():
        return store.trash.restore(entry)
