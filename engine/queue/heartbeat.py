"""A process's heartbeat: while the main thread works on jobs, this one reports and listens."""

import os
import sqlite3
import threading
from collections.abc import Sequence

from engine.queue.run_queue import RunQueue

LISTEN_INTERVAL = 0.25


def is_orphaned(parent: int) -> bool:
    """Whether process `parent` is gone, which started this one; a process may also be its own parent."""
    return parent not in (os.getpid(), os.getppid())


class Heartbeat:
    """Beats for jobs of one owner until closed; `interrupted()` turns true when the work should end.

    That is when any of the jobs was asked to stop, was taken away, or the process that started this one is gone.

    progress, message: what the next beat reports.
    wanted: the jobs that still belong to the owner and were not asked to stop; orphaned: process `parent` is gone.
    """

    def __init__(self, queue: RunQueue, owner: str, job_ids: Sequence[str], parent: int) -> None:
        self.progress, self.message = 0.0, "starting"
        self.wanted = set(job_ids)
        self.orphaned = False
        self._queue, self._owner, self._job_ids, self._parent = queue, owner, list(job_ids), parent
        self._interrupted, self._closed = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._beat, daemon=True)

    def __enter__(self) -> "Heartbeat":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closed.set()
        self._thread.join()

    def report(self, fraction: float, message: str) -> None:
        """How far the work is, in [0, 1], and what it is doing; told with the next beat."""
        self.progress, self.message = fraction, message

    def interrupted(self) -> bool:
        """Whether to save and end; never raises, and is cheap enough to ask at every step."""
        return self._interrupted.is_set()

    def _beat(self) -> None:
        while not self._closed.wait(LISTEN_INTERVAL):
            try:
                self.wanted = self._queue.beat(self._owner, self._job_ids, self.progress, self.message)
            except (sqlite3.Error, OSError):
                continue  # a full disk or a long lock; the next beat will tell
            self.orphaned = is_orphaned(self._parent)
            if self.orphaned or len(self.wanted) < len(self._job_ids):
                self._interrupted.set()
