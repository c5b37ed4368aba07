"""Who a process is, beyond its number: numbers are reused, so an identity also holds start time and boot.

It is `boot/pid/start`. That of a person's own process, a notebook or a script, ends in `/interactive`: it may
do other things besides a job, so it is never killed, and only its heartbeat tells that it still works on the job.
"""

import functools
import os
from pathlib import Path

import psutil

INTERACTIVE = "interactive"


def process_identity(pid: int | None = None) -> str | None:
    """`boot/pid/start` of a process (this one by default); None when there is no such process."""
    pid = os.getpid() if pid is None else pid
    start = _start_time(pid)
    return None if start is None else f"{_boot_id()}/{pid}/{start}"


def is_alive(identity: str) -> bool | None:
    """Whether that very process still runs; None when it belongs to another boot or machine, so cannot be known."""
    boot, pid, start, *_ = identity.split("/")
    if boot != _boot_id():
        return None
    return process_identity(int(pid)) == f"{boot}/{pid}/{start}"


def interactive_identity() -> str:
    """Identity of this process as a person's own."""
    return f"{process_identity()}/{INTERACTIVE}"


def is_interactive(identity: str) -> bool:
    """Whether this is the identity of a person's own process."""
    return identity.endswith(f"/{INTERACTIVE}")


def pid_of(identity: str) -> int:
    """The process number of an identity."""
    return int(identity.split("/")[1])


def _start_time(pid: int) -> str | None:
    """Ticks since boot where the system tells, which no change of the clock moves."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return None if fields[0] in "ZX" else fields[19]
    except (FileNotFoundError, ProcessLookupError):  # the second when it ends while being read
        if Path("/proc/self/stat").exists():
            return None
    try:
        return f"{psutil.Process(pid).create_time():.0f}"
    except psutil.NoSuchProcess:
        return None


@functools.cache
def _boot_id() -> str:
    path = Path("/proc/sys/kernel/random/boot_id")
    return path.read_text().strip() if path.exists() else f"{psutil.boot_time():.0f}"
