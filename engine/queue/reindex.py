"""Reindexing: rows of the queue made to agree with the runs of the store, and a damaged file replaced. No torch."""

import os
import shutil
import sqlite3
import tempfile
import time
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

from engine.atomic import NEW_FOLDER, flush_folder
from engine.errors import InputError
from engine.queue.client import worker_identity
from engine.queue.job import ACTIVE, WAITING, Job, Place, read_job
from engine.queue.problem import QueueProblem
from engine.queue.process_identity import is_alive, pid_of
from engine.queue.run_queue import RunQueue
from engine.queue.submission import place_of_run
from engine.runs.config import RunConfig
from engine.runs.run_files import RESULT
from engine.runs.store import RunStore
from engine.training.checkpoint_file import LAST, PREVIOUS

FILES = ("", "-wal", "-shm")


@dataclass(frozen=True)
class Reindexing:
    """What is done to make the queue agree with the runs.

    damage: what is wrong with the file that is replaced; None if it can be read.
    restored: unfinished trainings with a checkpoint that have no row and get one, as interrupted.
    dropped: rows whose run does not exist.
    kept: rows that a damaged file still shows, and that are copied into the new one.
    """

    damage: str | None
    restored: tuple[str, ...]
    dropped: tuple[str, ...]
    kept: tuple[Job, ...]

    @property
    def open_measurements(self) -> int:
        """Number of measurements that wait and were read from a damaged file."""
        return sum(job.kind != "train" and job.status in WAITING + ACTIVE for job in self.kept)


def plan_reindexing(store: RunStore, queue: RunQueue) -> Reindexing:
    """What `reindex` would do; nothing is changed.

    Raises:
        InputError: a worker or a user's own process works on the queue.
        QueueProblem: the queue is locked, or of a newer version.
    """
    if worker := worker_identity(store.root):
        raise _busy(f"a worker (process {pid_of(worker)})")
    damage = None
    try:
        jobs = queue.jobs()
        if queue.path.exists():
            queue.check()
    except QueueProblem as problem:
        if problem.damage is None:
            raise
        damage, jobs = problem.damage, salvaged(queue.path)
    for job in jobs:
        if job.status in ACTIVE and job.owner and is_alive(job.owner):
            raise _busy(f"process {pid_of(job.owner)}, which works on {job.run_id},")
    existing = set(store.run_ids())
    known = {job.job_id for job in jobs}
    restored = [run_id for run_id in existing - known if _is_unfinished(store, run_id)]
    dropped = [job.job_id for job in jobs if job.run_id not in existing]
    kept = [job for job in jobs if job.run_id in existing] if damage else []
    return Reindexing(damage, tuple(sorted(restored)), tuple(sorted(dropped)), tuple(kept))


def reindex(store: RunStore, queue: RunQueue, place: Place) -> tuple[Reindexing, Path | None]:
    """Make the queue agree with the runs.

    Args:
        place: where the restored trainings continue.

    Returns:
        What was done, and the new path of a damaged file.

    Raises:
        InputError: as `plan_reindexing`.
    """
    plan = plan_reindexing(store, queue)
    if plan.damage is None:
        _apply(plan, store, queue, place)
        return plan, None
    with tempfile.TemporaryDirectory(dir=store.root, prefix=NEW_FOLDER) as folder:
        new = RunQueue(Path(folder))
        _apply(plan, store, new, place)
        return plan, _replace(queue.path, new.path)


def _apply(plan: Reindexing, store: RunStore, queue: RunQueue, place: Place) -> None:
    with queue.transaction():
        for job in plan.kept:
            queue.insert(job)
        for job_id in plan.dropped:
            queue.drop(job_id)
        for run_id in plan.restored:
            where = place_of_run(store.training_config(run_id), place)
            queue.submit(run_id, "train", run_id, {}, where)
            queue.interrupt(run_id)


def salvaged(path: Path) -> list[Job]:
    """Jobs of the rows that a damaged file still shows, read from both of its ends."""
    rows: dict[str, Job] = {}
    for order in ("ASC", "DESC"):
        with suppress(sqlite3.Error), closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as file:
            file.row_factory = sqlite3.Row
            for row in file.execute(f"SELECT * FROM jobs ORDER BY rowid {order}"):
                found = read_job({"data_dir": None, "device": None, **dict(row)})
                if found is not None:
                    rows.setdefault(found.job_id, found)
    return list(rows.values())


def _is_unfinished(store: RunStore, run_id: str) -> bool:
    """Whether a run of this store has a checkpoint and no result."""
    folder = store.root / run_id
    try:
        is_training = isinstance(store.config(run_id), RunConfig)
    except InputError:
        return False
    return is_training and not (folder / RESULT).exists() and any((folder / name).exists() for name in (LAST, PREVIOUS))


def _replace(path: Path, new: Path) -> Path:
    """Put a new file in place of a damaged one, and return the path of a copy of the damaged one.

    A crash leaves one of the two in place, so that no row is lost that can still be read.
    """
    aside = path.with_name(f"queue.damaged-{time.strftime('%Y%m%d-%H%M%S')}.sqlite")
    if path.is_file() and not path.is_symlink():
        for ending in FILES:
            with suppress(FileNotFoundError):
                shutil.copy2(f"{path}{ending}", f"{aside}{ending}")
        for ending in reversed(FILES[1:]):  # the log of the damaged file must not be applied to the new one
            Path(f"{path}{ending}").unlink(missing_ok=True)
    else:
        os.rename(path, aside)
    os.replace(new, path)
    flush_folder(path.parent)
    return aside


def _busy(who: str) -> InputError:
    return InputError("a queue that no process works on", f"{who} at work", "Stop it, then run this command again.")
