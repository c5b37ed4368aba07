"""What the machine is doing: cores, memory, and the worker with its jobs. No torch."""

import os
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import psutil

from engine.devices import core_count
from engine.formatting import byte_words, duration
from engine.queue.client import worker_identity
from engine.queue.job import ACTIVE, WAITING, Job
from engine.queue.process_identity import is_identity, is_of_this_boot, pid_of


@dataclass(frozen=True)
class Machine:
    """The state of this machine and of the worker of a store.

    cores: number of cores that this process may use; load: processes that want one, over the last minute.
    memory_used, memory_total: bytes.
    worker: process id of the store's worker; None if none is alive, 0 if it runs on another machine.
    worker_seconds: age of that process; None if unknown.
    running, waiting: number of jobs.
    """

    cores: int
    load: float
    memory_used: int
    memory_total: int
    worker: int | None
    worker_seconds: float | None
    running: int
    waiting: int

    def words(self) -> str:
        """One sentence for each part: cores, memory, worker, jobs."""
        cores = f"{self.cores} core" + ("s" if self.cores != 1 else "")
        memory = f"{byte_words(self.memory_used)} of {byte_words(self.memory_total)} memory used"
        return f"{cores}, load {self.load:.1f} · {memory} · {self._worker_words()} · {self._job_words()}"

    def _worker_words(self) -> str:
        if self.worker is None:
            return "no worker" if not self.waiting else "no worker yet"
        age = f" for {duration(self.worker_seconds)}" if self.worker_seconds is not None else ""
        return f"worker running{age}, process {self.worker}" if self.worker else "worker on another machine"

    def _job_words(self) -> str:
        if not self.running and not self.waiting:
            return "nothing to do"
        return f"{self.running} running, {self.waiting} waiting"


_cores = cache(core_count)
"""Counting them reads the control groups; the number stays while this process lives."""


def look_at_machine(root: Path, jobs: Iterable[Job]) -> Machine:
    """State of this machine and of the worker of the store at `root`, whose jobs are `jobs`."""
    memory, statuses = psutil.virtual_memory(), Counter(job.status for job in jobs)
    worker = _pid(worker_identity(root))
    return Machine(
        cores=_cores(),
        load=os.getloadavg()[0],
        memory_used=memory.total - memory.available,
        memory_total=memory.total,
        worker=worker,
        worker_seconds=_age(worker) if worker else None,
        running=sum(statuses[status] for status in ACTIVE),
        waiting=sum(statuses[status] for status in WAITING),
    )


def _pid(identity: str | None) -> int | None:
    """Process id of a worker; 0 for one on another machine, or of unknown identity."""
    if identity is None:
        return None
    return pid_of(identity) if is_identity(identity) and is_of_this_boot(identity) else 0


def _age(pid: int) -> float | None:
    """Seconds since a process was started; None if it is gone."""
    try:
        return max(0.0, time.time() - psutil.Process(pid).create_time())
    except psutil.Error:
        return None
