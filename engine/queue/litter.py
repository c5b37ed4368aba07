"""Litter: what a store can do without, found and removed by `clean` and by the worker at its start. No torch."""

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from engine.errors import InputError
from engine.queue.client import LOG, worker_identity
from engine.queue.job import ACTIVE
from engine.queue.run_queue import RunQueue
from engine.runs.leftovers import find_leftovers, remove_leftover, size_of
from engine.runs.store import CACHE, RunStore


@dataclass(frozen=True)
class Litter:
    """One kind of litter.

    count: number of runs, folders, files or rows.
    size: bytes on disk.
    remove: removes it.
    """

    name: str
    count: int
    size: int
    remove: Callable[[], object]


def find_litter(store: RunStore, queue: RunQueue, data_dir: Path) -> list[Litter]:
    """Deleted runs, the cache of adversarial images, temporary files, old logs, and rows of runs that do not exist.

    The cache counts as litter only while no worker runs, since a worker uses it.

    Raises:
        InputError: the queue cannot be read.
    """
    root = store.root
    trashed = store.trash.expired(older_than=0.0)
    temporary = sorted({*find_leftovers(root), *find_leftovers(data_dir, levels=1)})
    cache = root / CACHE
    unused = [cache] if cache.is_dir() and not cache.is_symlink() and not worker_identity(root) else []
    logs = sorted(root.glob(f"{LOG}.*"))
    orphans = orphaned_rows(store, queue)
    return [
        Litter("deleted runs", len(trashed), _size(trashed), lambda: _each(store.trash.remove, trashed)),
        Litter("adversarial images in the cache", _files(unused), _size(unused), lambda: _each(shutil.rmtree, unused)),
        Litter("temporary files", len(temporary), _size(temporary), lambda: _each(remove_leftover, temporary)),
        Litter("old logs", len(logs), _size(logs), lambda: _each(Path.unlink, logs)),
        Litter("rows without a run", len(orphans), 0, lambda: queue.forget(orphans)),
    ]


def orphaned_rows(store: RunStore, queue: RunQueue) -> list[str]:
    """Ids of the jobs whose run does not exist, but for those that a process works on."""
    known = set(store.run_ids())
    return [job.job_id for job in queue.jobs() if job.run_id not in known and job.status not in ACTIVE]


def sweep(store: RunStore) -> None:
    """Remove what has expired: runs that have been in the trash for some days, and temporary files of killed processes.

    Errors are ignored, since the next sweep tries again.
    """
    for path in store.trash.expired():
        try:
            store.trash.remove(path)
        except (OSError, InputError):
            continue
    for path in find_leftovers(store.root):
        remove_leftover(path)


def _each(remove: Callable[[Path], object], paths: Sequence[Path]) -> None:
    for path in paths:
        remove(path)


def _size(paths: Sequence[Path]) -> int:
    return sum(map(size_of, paths))


def _files(folders: Sequence[Path]) -> int:
    return sum(path.is_file() for folder in folders for path in folder.rglob("output.pkl"))
