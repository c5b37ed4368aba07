"""Liveness: whether the owner of a job still works on it."""

import os
import signal
import time

from engine.queue.job import Job
from engine.queue.process_identity import is_alive, is_interactive, is_of_this_boot, is_suspended, pid_of

SILENCE = 60.0
"""Seconds without a heartbeat after which an owner whose process cannot be looked at counts as dead."""

FOREIGN_AGE = 600.0
"""The same by the clocks of two machines, for an observer that has just begun to look."""

STOP_GRACE = 10.0


class Liveness:
    """Judges the owners of jobs, by their process where it can be looked at, else by their heartbeat.

    Heartbeats on this machine are compared by its monotonic clock, which no clock change affects and which stands
    still while the machine sleeps. Those of another machine are watched: one that does not change for `SILENCE`
    seconds has ended.
    """

    def __init__(self) -> None:
        self._seen: dict[str, tuple[float | None, float]] = {}

    def is_at_work(self, job: Job, owner: str) -> bool:
        """Whether the owner of an active job still works on it.

        A worker process that ignores a stop request for `STOP_GRACE` seconds is killed. A user's own process that is
        suspended still owns its job, since it would go on with it.
        """
        alive = is_alive(owner)
        if alive is False:
            return False
        if alive is None:
            return not self._is_silent(job, owner)
        if is_interactive(owner):
            return is_suspended(owner) or not self._is_silent(job, owner)
        if job.stop_requested_at and time.time() - job.stop_requested_at > STOP_GRACE:
            os.kill(pid_of(owner), signal.SIGKILL)
            return False
        return True

    def _is_silent(self, job: Job, owner: str) -> bool:
        if job.beat_clock is not None and is_of_this_boot(owner):
            return time.monotonic() - job.beat_clock > SILENCE
        last, since = self._seen.get(job.job_id, (None, 0.0))
        if last != job.heartbeat or last is None:
            self._seen[job.job_id] = job.heartbeat, time.monotonic()
        elif time.monotonic() - since > SILENCE:
            return True
        return abs(time.time() - (job.heartbeat or 0.0)) > FOREIGN_AGE
