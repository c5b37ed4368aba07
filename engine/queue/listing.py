"""Listing: the overviews of a store's runs, kept between reads, so that only what changed is read again. No torch."""

import os
import threading
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from engine.file_state import FileState, file_state, now_ns
from engine.queue.job import ACTIVE, Job
from engine.queue.overview import RunOverview, RunProblem, in_order, read_listed
from engine.queue.run_queue import RunQueue, readable_jobs
from engine.runs.records import METRICS
from engine.runs.run_files import CONFIG, MODEL, RESULT
from engine.runs.store import RUN_ID, RunStore

DECISIVE = (CONFIG, RESULT, METRICS, MODEL)
"""Files that an overview depends on. All but METRICS are replaced as a whole, which also changes the folder's state."""

CHECKED = 500
"""Number of finished runs whose files are looked at in one read; of the others only the folder is."""

SHARED_FOR = 0.3
"""Seconds during which sessions share one read, unless a run or the queue has changed meanwhile."""


@dataclass(frozen=True)
class _Kept:
    """One run as it was read: the states of its folder and files before, its job, and whether this can be trusted."""

    folder: str
    states: tuple[FileState, ...]
    job: Job | None
    found: RunOverview | RunProblem
    is_settled: bool

    @property
    def exists(self) -> bool:
        return self.states[0].inode != 0

    @property
    def is_finished(self) -> bool:
        return isinstance(self.found, RunOverview) and self.found.status == "finished"


class Listing:
    """The overviews of the runs of a store and its queue; any number of threads may share one.

    A read looks at each run's folder and reads only runs whose files or job have changed.

    problem: why the queue could not be read last; None if it could.
    """

    def __init__(self, store: RunStore, queue: RunQueue, shared_for: float = SHARED_FOR) -> None:
        self.store, self.queue, self._shared_for = store, queue, shared_for
        self.problem: str | None = None
        self._lock = threading.RLock()
        self._kept: dict[str, _Kept] = {}
        self._jobs: dict[str, Job] = {}
        self._queue_states: tuple[FileState, ...] = ()
        self._outside: tuple[list[str], tuple[FileState, ...]] = [], ()
        self._read: tuple[list[RunOverview], list[RunProblem]] = [], []
        self._started, self._turn = float("-inf"), 0

    def read(self, run_ids: Sequence[str] | None = None) -> tuple[list[RunOverview], list[RunProblem]]:
        """All runs, in the order of `list_runs`, or those of `run_ids`; and those whose config cannot be read."""
        arrived = time.monotonic()
        with self._lock:
            if run_ids is not None:
                return self._read_some(run_ids)
            if not self._is_shared(arrived):
                self._started, self._turn = time.monotonic(), self._turn + 1
                self._outside = self._look_outside()
                self._read = self._read_all()
            overviews, problems = self._read
            return list(overviews), list(problems)

    def jobs(self) -> dict[str, Job]:
        """job_id -> job, newest first; read again only if the queue's files have changed."""
        with self._lock:
            states = self._queue_files()
            if (
                states != self._queue_states
                or self._awaits_death()
                or not all(state.is_settled(now_ns()) for state in states)
            ):
                jobs, self.problem = readable_jobs(self.queue)
                self._jobs = {job.job_id: job for job in jobs}
                self._queue_states = () if self.problem else states  # a lock ends without a change of the files
            return self._jobs

    def _awaits_death(self) -> bool:
        """Whether a job may end without a change of the queue: nobody writes into a read-only one."""
        return self.queue.read_only and any(job.status in ACTIVE for job in self._jobs.values())

    def _is_shared(self, arrived: float) -> bool:
        """Whether the last read of all runs answers a call that arrived at this time."""
        recent = arrived - self._started < self._shared_for
        return self._started > arrived or (recent and self._outside == self._look_outside())

    def _look_outside(self) -> tuple[list[str], tuple[FileState, ...]]:
        """What changes when a run appears or disappears, or a row of the queue changes.

        The state of the folder says less: SQLite creates and removes files in it whenever the queue is read.
        """
        try:
            names = [name for name in os.listdir(self.store.root) if RUN_ID.fullmatch(name)]
        except OSError:
            names = []
        return sorted(names), self._queue_files()

    def _queue_files(self) -> tuple[FileState, ...]:
        return file_state(self.queue.path), file_state(f"{self.queue.path}-wal")

    def _read_all(self) -> tuple[list[RunOverview], list[RunProblem]]:
        jobs = self.jobs()
        found = {run_id: self._refreshed(run_id, jobs.get(run_id)) for run_id in self.store.run_ids()}
        self._kept = found
        overviews, problems = _sorted_out(found.values())
        return in_order(overviews), problems

    def _read_some(self, run_ids: Sequence[str]) -> tuple[list[RunOverview], list[RunProblem]]:
        jobs = self.jobs()
        found = {run_id: self._refreshed(run_id, jobs.get(run_id)) for run_id in run_ids}
        self._kept |= {run_id: kept for run_id, kept in found.items() if kept.exists}
        return _sorted_out(found.values())

    def _refreshed(self, run_id: str, job: Job | None) -> _Kept:
        """The run as it was read before or, if it has changed, as it is read now."""
        kept = self._kept.get(run_id)
        if kept is not None and kept.is_settled and kept.job == job and kept.folder == self._folder(run_id, kept):
            if kept.is_finished and not self._is_turn(run_id) and kept.states[0] == file_state(kept.folder):
                return kept
            if kept.states == _states(kept.folder):
                return kept
        folder = str(self.store.path(run_id)) if RUN_ID.fullmatch(run_id) else ""
        states = _states(folder)  # before the files are read: what changes meanwhile is noticed next time
        found = read_listed(self.store, run_id, job)
        is_settled = isinstance(found, RunOverview) and all(state.is_settled(now_ns()) for state in states)
        return _Kept(folder, states, job, found, is_settled)

    def _folder(self, run_id: str, kept: _Kept) -> str:
        """Folder of a known run; only a shipped run can have moved, into the store."""
        is_own = kept.folder.startswith(f"{self.store.root}{os.sep}")
        return kept.folder if is_own else str(self.store.path(run_id))

    def _is_turn(self, run_id: str) -> bool:
        """Whether the files of a finished run are looked at in this read; every run has its turn."""
        turns = -(-len(self._kept) // CHECKED)
        return turns < 2 or hash(run_id) % turns == self._turn % turns


def _states(folder: str) -> tuple[FileState, ...]:
    """States of a run's folder and of its DECISIVE files."""
    return (file_state(folder), *(file_state(f"{folder}/{name}") for name in DECISIVE))


def _sorted_out(kept: Iterable[_Kept]) -> tuple[list[RunOverview], list[RunProblem]]:
    found = [each.found for each in kept]
    problems = [each for each in found if isinstance(each, RunProblem)]
    return [each for each in found if isinstance(each, RunOverview)], problems
