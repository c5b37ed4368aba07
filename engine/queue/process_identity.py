"""Identity of a process, `boot/pid/start`: process ids are reused, so it also has the boot and the start time.

The identity of a user's own process, such as a notebook or a script, ends in `/interactive`. Such a process may do
other work besides a job, so it is never killed, and only its heartbeat shows that it still works on the job.
"""

import functools
import os
from pathlib import Path

import psutil

INTERACTIVE = "interactive"


def process_identity(pid: int | None = None) -> str | None:
    """Identity of a process (default this one), `boot/pid/start`; None if there is no such process."""
    pid = os.getpid() if pid is None else pid
    start = _start_time(pid)
    return None if start is None else f"{_boot_id()}/{pid}/{start}"


def is_alive(identity: str) -> bool | None:
    """Whether the process still runs; None if this is unknown, since it belongs to another boot or machine."""
    boot, pid, start, *_ = identity.split("/")
    if boot != _boot_id():
        return None
    return process_identity(int(pid)) == f"{boot}/{pid}/{start}"


def interactive_identity() -> str:
    """Identity of this process as a user's own process."""
    return f"{process_identity()}/{INTERACTIVE}"


def is_interactive(identity: str) -> bool:
    """Whether an identity is that of a user's own process."""
    return identity.endswith(f"/{INTERACTIVE}")


def pid_of(identity: str) -> int:
    """Process id of an identity."""
    return int(identity.split("/")[1])


def _start_time(pid: int) -> str | None:
    """Start time of a process, in ticks since boot if available, which clock changes do not affect."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return None if fields[0] in "ZX" else fields[19]
    except (FileNotFoundError, ProcessLookupError):  # the second is raised if the process ends during the read
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
