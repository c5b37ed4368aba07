"""Identity of a process, `boot/pid/start/namespace`: process ids are reused, so it has the boot and the start time.

The namespace is that of process ids, since containers of one machine count their processes separately. Identities of
earlier versions have none; nor have those of systems without namespaces.

The identity of a user's own process, such as a notebook or a script, ends in `/interactive`. Such a process may do
other work besides a job, so it is never killed, and only its heartbeat shows that it still works on the job.
"""

import functools
import os
from pathlib import Path

import psutil

INTERACTIVE = "interactive"


def process_identity(pid: int | None = None) -> str | None:
    """Identity of a process (default this one), `boot/pid/start/namespace`; None if there is no such process."""
    pid = os.getpid() if pid is None else pid
    start = _start_time(pid)
    if start is None:
        return None
    return "/".join(filter(None, (_boot_id(), str(pid), start, _namespace())))


def is_alive(identity: str) -> bool | None:
    """Whether the process still runs; None if this is unknown: it belongs to another boot, machine or container."""
    if not is_of_this_boot(identity) or _namespace_of(identity) not in (None, _namespace()):
        return None
    return _start_time(pid_of(identity)) == identity.split("/")[2]


def is_of_this_boot(identity: str) -> bool:
    """Whether this is the identity of a process of this machine, in any container, since it was booted."""
    return is_identity(identity) and identity.split("/")[0] == _boot_id()


def is_identity(text: str) -> bool:
    """Whether a text has the form of an identity."""
    parts = text.split("/")
    return len(parts) >= 3 and all(parts) and parts[1].isdecimal()


def is_suspended(identity: str) -> bool:
    """Whether the process is alive but stopped, as by Ctrl-Z or SIGSTOP."""
    if not is_alive(identity):
        return False
    try:
        return psutil.Process(pid_of(identity)).status() in (psutil.STATUS_STOPPED, psutil.STATUS_TRACING_STOP)
    except psutil.Error:
        return False


def interactive_identity() -> str:
    """Identity of this process as a user's own process."""
    return f"{process_identity()}/{INTERACTIVE}"


def is_interactive(identity: str) -> bool:
    """Whether an identity is that of a user's own process."""
    return identity.endswith(f"/{INTERACTIVE}")


def pid_of(identity: str) -> int:
    """Process id of an identity; 0 for a text that is none."""
    return int(identity.split("/")[1]) if is_identity(identity) else 0


def _namespace_of(identity: str) -> str | None:
    """The namespace in an identity; None in those of earlier versions."""
    return next((part for part in identity.split("/")[3:] if part != INTERACTIVE), None)


@functools.cache
def _namespace() -> str | None:
    """Number of this process's namespace of process ids; None on systems without namespaces."""
    try:
        return os.readlink("/proc/self/ns/pid").strip("pid:[]") or None
    except OSError:
        return None


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
