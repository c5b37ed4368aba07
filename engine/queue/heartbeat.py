"""Heartbeat of a process: a thread that reports progress and notices stop requests while the main thread works."""

import os
import sqlite3
import threading
from collections.abc import Sequence

from engine.queue.run_queue import RunQueue

LISTEN_INTERVAL = 0.25


def is_orphaned(parent: int) -> bool:
    """Whether the process `parent`, which started this one, has ended; a process may be its own parent."""
    return parent not in (os.getpid(), os.getppid())


class Heartbeat:
    """Heartbeat for the jobs of one owner, until closed; `interrupted()` is True once the work should end.

    The work should end when a stop is requested for any of the jobs, another process has taken one of them, or the
    process that started this one has ended.

    progress, message: values that the next beat reports.
    wanted: jobs that still belong to the owner and have no stop request.
    orphaned: whether the process `parent` has ended.
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
        """Set the progress, in [0, 1], and the message that the next beat reports."""
        self.progress, self.message = fraction, message

    def interrupted(self) -> bool:
        """Whether to save and end; never raises, and is cheap enough to call at every step."""
        return self._interrupted.is_set()

    def _beat(self) -> None:
        while not self._closed.wait(LISTEN_INTERVAL):
            try:
                self.wanted = self._queue.beat(self._owner, self._job_ids, self.progress, self.message)
            except (sqlite3.Error, OSError):
                continue  # a full disk or a long lock; the next beat tries again
            self.orphaned = is_orphaned(self._parent)
            if self.orphaned or len(self.wanted) < len(self._job_ids):
                self._interrupted.set()
