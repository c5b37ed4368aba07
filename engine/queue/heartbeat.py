"""Heartbeat of a process: a thread that reports progress and notices stop requests while the main thread works."""

import os
import threading
from collections.abc import Sequence

from engine.queue.job import Job
from engine.queue.problem import QueueProblem
from engine.queue.run_queue import RunQueue, readable_jobs

LISTEN_INTERVAL = 0.25


def is_orphaned(parent: int) -> bool:
    """Whether the process `parent`, which started this one, has ended; a process may be its own parent."""
    return parent not in (os.getpid(), os.getppid())


class Heartbeat:
    """Heartbeat for the jobs of one owner, until closed; `interrupted()` is True once the work should end.

    The work should end when a stop is requested for any of the jobs, another process has taken one of them, or the
    process that started this one has ended.

    jobs: rows of the jobs, which are inserted again if the queue's file vanishes; read from it if left out.
    progress, message: values that the next beat reports.
    wanted: jobs that still belong to the owner and have no stop request.
    orphaned: whether the process `parent` has ended.
    """

    def __init__(
        self, queue: RunQueue, owner: str, job_ids: Sequence[str], parent: int, jobs: Sequence[Job] = ()
    ) -> None:
        self.progress, self.message = 0.0, "starting"
        self.wanted = set(job_ids)
        self.orphaned = False
        self._queue, self._owner, self._job_ids, self._parent = queue, owner, list(job_ids), parent
        self._jobs = list(jobs)
        self._interrupted, self._closed = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._beat, daemon=True)

    def __enter__(self) -> "Heartbeat":
        self._jobs = self._jobs or readable_jobs(self._queue, self._job_ids)[0]
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closed.set()
        self._thread.join()

    def report(self, fraction: float, message: str) -> None:
        """Set the progress, in [0, 1], and the message that the next beat reports."""
        self.progress, self.message = fraction, message

    def interrupted(self) -> bool:
        """Whether to save and end; never raises, and is cheap enough to call at every step."""
        return self._interrupted.is_set()

    def _beat(self) -> None:
        while not self._closed.wait(LISTEN_INTERVAL):
            self.orphaned = is_orphaned(self._parent)
            try:
                self.wanted = self._wanted()
            except (QueueProblem, OSError):
                pass  # a full disk, a long lock or a damaged file; the next beat tries again
            if self.orphaned or len(self.wanted) < len(self._job_ids):
                self._interrupted.set()

    def _wanted(self) -> set[str]:
        """Report, and return the jobs to go on with: rows that vanished with the queue's file are inserted again."""
        wanted = self._queue.beat(self._owner, self._job_ids, self.progress, self.message)
        if len(wanted) == len(self._job_ids):
            return wanted
        known = {job.job_id: job for job in self._queue.jobs(self._job_ids)}
        lost = [job for job in self._jobs if job.job_id not in known]
        self._queue.restore(self._owner, lost)
        own = {name for name, job in known.items() if job.owner == self._owner and job.status == "running"}
        return own | {job.job_id for job in lost}
