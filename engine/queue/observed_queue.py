"""The queue as a read-only laboratory sees it: nothing is written, and dead processes own no jobs. No torch."""

import time
from dataclasses import replace
from pathlib import Path

from engine.queue.job import ACTIVE, Job
from engine.queue.process_identity import is_alive, is_interactive
from engine.queue.run_queue import RunQueue

SILENCE = 600.0
"""Seconds without a heartbeat after which a process that cannot be looked at counts as dead."""


class ObservedQueue(RunQueue):
    """A queue that is only looked at; a job whose owner is dead appears as it would be after `reconcile`."""

    def __init__(self, root: Path) -> None:
        super().__init__(root, read_only=True)

    def _seen(self, job: Job) -> Job:
        return _observed(job)

    def reconcile(self) -> None:
        """Leave the queue as it is."""


def _observed(job: Job) -> Job:
    if job.status not in ACTIVE or (job.owner and _is_at_work(job, job.owner)):
        return job
    return replace(job, status="stopped" if job.status == "stopping" else "interrupted", owner=None, message="")


def _is_at_work(job: Job, owner: str) -> bool:
    alive = is_alive(owner)
    if alive is None or (alive and is_interactive(owner)):
        return abs(time.time() - (job.heartbeat or 0.0)) < SILENCE
    return alive
