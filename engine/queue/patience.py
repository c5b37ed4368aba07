"""Waiting for a queue that is locked, damaged or unreachable, while the work itself goes on."""

import itertools
import sys
import time
from collections.abc import Callable, Iterator
from math import inf

from engine.queue.heartbeat import is_orphaned
from engine.queue.job import Status
from engine.queue.problem import QueueProblem
from engine.queue.run_queue import RunQueue

FIRST_PAUSE, LONGEST_PAUSE = 0.1, 5.0


def pauses() -> Iterator[float]:
    """Seconds to wait before each further try: twice as long each time, up to `LONGEST_PAUSE`."""
    return (min(FIRST_PAUSE * 2**count, LONGEST_PAUSE) for count in itertools.count())


class Patience:
    """Says a problem of the queue once, and waits longer each time until `reset`."""

    def __init__(self, sleep: Callable[[float], None] = time.sleep) -> None:
        self._sleep = sleep
        self.reset()

    def reset(self) -> None:
        """Begin again with short pauses: the queue has answered."""
        self._pauses, self._said = pauses(), ""

    def wait(self, problem: QueueProblem) -> None:
        """Write the problem to standard error, unless it was the last one, and wait."""
        if str(problem) != self._said:
            self._said = str(problem)
            print(f"Waiting: {problem}", file=sys.stderr, flush=True)
        self._sleep(next(self._pauses))


def release_patiently(
    queue: RunQueue,
    owner: str,
    job_id: str,
    status: Status,
    error: str | None,
    parent: int,
    tries: float = inf,
    patience: Patience | None = None,
) -> bool:
    """End the owner's work on a job once the queue answers; False if the job is no longer its own.

    It is tried once without the process `parent`, else `tries` times; the result is in the run's files in any case.
    """
    patience = patience or Patience()
    for attempt in itertools.count(1):
        try:
            return queue.release(owner, job_id, status, error)
        except QueueProblem as problem:
            if attempt >= tries or is_orphaned(parent):
                break
            patience.wait(problem)
    return False
