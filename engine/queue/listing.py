"""Listing: the overviews of a store's runs, kept between reads, so that only what changed is read again. No torch."""

import os
import threading
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from engine.file_state import MISSING, FileState, file_state, now_ns
from engine.queue.job import ACTIVE, Job
from engine.queue.overview import RunOverview, RunProblem, in_order, read_listed
from engine.queue.run_queue import RunQueue, readable_jobs
from engine.runs.labels import LABELS
from engine.runs.records import METRICS
from engine.runs.run_files import CONFIG, MODEL, RESULT
from engine.runs.store import RUN_ID, RunStore

DECISIVE = (CONFIG, RESULT, METRICS, MODEL, LABELS)
"""Files that an overview depends on. All but METRICS are replaced as a whole, which also changes the folder's state."""

CHECKED = 250
"""Number of finished runs whose files are looked at in one read; of the others only the folder is."""

SHARED_FOR = 0.3
"""Seconds during which sessions share one read, unless a run or the queue has changed meanwhile."""


@dataclass(frozen=True)
class _Kept:
    """One run as it was read: the states of its folder and files before, its job, and whether this can be trusted.

    given: state of the labels that the store has for a shipped run.
    """

    folder: str
    is_own: bool
    states: tuple[FileState, ...]
    given: FileState
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
        self._names: list[str] | None = None
        self._run_ids: list[str] = []
        self._read: tuple[list[RunOverview], list[RunProblem]] = [], []
        self._started, self._turn, self._turns = float("-inf"), 0, 1

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

    def renew(self) -> None:
        """Read all runs again at the next call, since this process has changed one."""
        with self._lock:
            self._started = float("-inf")

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
        names = _names(self.store.root)
        if self.store.shipped:
            names += _names(self.store.shipped)
        return names, self._queue_files()

    def _queue_files(self) -> tuple[FileState, ...]:
        """States of the queue's file and of its log, which SQLite creates empty and removes whenever it is read."""
        log = file_state(f"{self.queue.path}-wal")
        return file_state(self.queue.path), log if log.size else MISSING

    def _read_all(self) -> tuple[list[RunOverview], list[RunProblem]]:
        jobs = self.jobs()
        run_ids = self._all_ids()
        self._turns = -(-len(run_ids) // CHECKED)
        self._kept = {run_id: self._refreshed(run_id, jobs.get(run_id)) for run_id in run_ids}
        overviews, problems = _sorted_out(self._kept.values())
        if problems:
            self._names = None
        return in_order(overviews), problems

    def _all_ids(self) -> list[str]:
        """Ids of all runs; the store is asked again unless it has the folders that it had, each of a readable run."""
        names, _ = self._outside
        if names != self._names or len(set(names)) != len(self._run_ids):
            self._names, self._run_ids = names, self.store.run_ids()
        return self._run_ids

    def _read_some(self, run_ids: Sequence[str]) -> tuple[list[RunOverview], list[RunProblem]]:
        jobs = self.jobs()
        found = {run_id: self._refreshed(run_id, jobs.get(run_id)) for run_id in run_ids}
        self._kept |= {run_id: kept for run_id, kept in found.items() if kept.exists}
        return _sorted_out(found.values())

    def _refreshed(self, run_id: str, job: Job | None) -> _Kept:
        """The run as it was read before or, if it has changed, as it is read now."""
        kept = self._kept.get(run_id)
        if kept is not None and self._is_current(run_id, kept, job):
            return kept
        folder = self.store.path(run_id) if RUN_ID.fullmatch(run_id) else Path()
        is_own = folder.parent == self.store.root
        given = MISSING if is_own else self._given_labels(run_id)
        states = _states(str(folder))  # before the files are read: what changes meanwhile is noticed next time
        found = read_listed(self.store, run_id, job)
        if isinstance(found, RunOverview) and kept is not None and isinstance(kept.found, RunOverview):
            if found.config == kept.found.config:  # the same objects, so that what was derived from them stays known
                found = replace(found, config=kept.found.config)
            found = kept.found if found == kept.found else found
        is_settled = all(state.is_settled(now_ns()) for state in (*states, given))
        return _Kept(str(folder), is_own, states, given, job, found, is_settled)

    def _is_current(self, run_id: str, kept: _Kept, job: Job | None) -> bool:
        """Whether a run is still as it was read. Only a shipped run can have moved: into the store."""
        if not kept.is_settled or not (kept.job is job or kept.job == job):
            return False
        if not kept.is_own and (
            kept.folder != str(self.store.path(run_id)) or kept.given != self._given_labels(run_id)
        ):
            return False
        if isinstance(kept.found, RunProblem) and self._is_turn(run_id):
            return False  # the disk may have recovered, which changes no state
        if kept.is_finished and not self._is_turn(run_id):
            return kept.states[0] == file_state(kept.folder)
        return kept.states == _states(kept.folder)

    def _given_labels(self, run_id: str) -> FileState:
        """State of the labels that the store has for a shipped run."""
        return file_state(f"{self.store.root}/{run_id}/{LABELS}")

    def _is_turn(self, run_id: str) -> bool:
        """Whether the files of a finished run are looked at in this read; every run has its turn."""
        return self._turns < 2 or hash(run_id) % self._turns == self._turn % self._turns


def _states(folder: str) -> tuple[FileState, ...]:
    """States of a run's folder and of its DECISIVE files."""
    return (file_state(folder), *(file_state(f"{folder}/{name}") for name in DECISIVE))


def _names(root: Path) -> list[str]:
    """Names in a folder that can be ids of runs."""
    try:
        return [name for name in os.listdir(root) if RUN_ID.fullmatch(name)]
    except OSError:
        return []


def _sorted_out(kept: Iterable[_Kept]) -> tuple[list[RunOverview], list[RunProblem]]:
    found = [each.found for each in kept]
    problems = [each for each in found if isinstance(each, RunProblem)]
    return [each for each in found if isinstance(each, RunOverview)], problems
