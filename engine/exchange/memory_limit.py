"""A memory limit for reading files from unknown sources."""

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

import psutil

_ALONE = Lock()
"""The limit applies to the whole process, and each use restores the previous one, so that two must not overlap."""


@contextmanager
def memory_limit(extra: int) -> Iterator[None]:
    """Context in which this process can allocate at most `extra` bytes more than it has now.

    Beyond the limit, Python raises MemoryError and torch RuntimeError. Only one thread at a time can use the context.
    The operating system enforces the limit, on private memory. Linux does; where a system cannot tell or limit the
    private memory of a process, as macOS cannot, there is no limit.
    """
    with _ALONE:
        limits = resource.getrlimit(resource.RLIMIT_DATA)
        is_limited = _limit(extra, limits[1])
        try:
            yield
        finally:
            if is_limited:
                resource.setrlimit(resource.RLIMIT_DATA, limits)


def _limit(extra: int, hard: int) -> bool:
    """Set the limit; return whether the system could."""
    private = getattr(psutil.Process().memory_info(), "data", None)  # a field of Linux
    if private is None:
        return False
    ceiling = private + extra if hard == resource.RLIM_INFINITY else min(private + extra, hard)
    try:
        resource.setrlimit(resource.RLIMIT_DATA, (ceiling, hard))
    except (OSError, ValueError):
        return False
    return True
