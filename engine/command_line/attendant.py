"""Attendant: keeps a worker alive while a command waits, and says what is wrong with it."""

import sys
import time
from collections.abc import Sequence

from engine.queue.client import WorkerSettings, start_worker
from engine.queue.job import Job
from engine.queue.problem import QueueProblem
from engine.queue.run_queue import RunQueue
from engine.queue.worker_state import WorkerFailed, worker_state

ATTEND_INTERVAL = 5.0
MOST_STARTS = 3
"""Number of workers in a row that may end by an error before the waiting ends."""


class Attendant:
    """Starts a worker when none is alive and jobs wait; each problem is written to standard error once."""

    def __init__(self, queue: RunQueue, settings: WorkerSettings, interval: float = ATTEND_INTERVAL) -> None:
        self._queue, self._settings, self._interval = queue, settings, interval
        self._attended, self._failures, self._said = -interval, 0, ""
        self._known: list[Job] = []

    def jobs(self, job_ids: Sequence[str]) -> list[Job]:
        """These jobs, or what was known of them last while the queue cannot be used."""
        try:
            self._known = self._queue.jobs(job_ids)
        except QueueProblem as problem:
            if not self._known:
                raise
            self._say(str(problem))
        return self._known

    def attend(self, open_jobs: Sequence[Job]) -> None:
        """Start a worker for these jobs if none is alive; looks at it every few seconds only.

        Raises:
            WorkerFailed: `MOST_STARTS` workers in a row ended by an error.
        """
        if not open_jobs or time.monotonic() - self._attended < self._interval:
            return
        try:
            self._queue.reconcile()
        except QueueProblem as problem:
            self._say(str(problem))
        state = worker_state(self._settings.root, open_jobs)
        was_started = self._attended > 0
        if state.sentence and (was_started or state.status != "failed"):
            self._say(state.sentence)
        self._failures = self._failures + 1 if was_started and state.status == "failed" else 0
        if self._failures >= MOST_STARTS:
            raise WorkerFailed.plain(f"The worker was started {MOST_STARTS} times, in vain. {state.sentence}")
        start_worker(self._settings)
        self._attended = time.monotonic()

    def _say(self, sentence: str) -> None:
        if sentence != self._said:
            self._said = sentence
            print(sentence, file=sys.stderr, flush=True)
