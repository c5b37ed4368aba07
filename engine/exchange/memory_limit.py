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
    The operating system enforces the limit, on private memory: Linux does, other systems may not.
    """
    with _ALONE:
        soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
        ceiling = psutil.Process().memory_info().data + extra
        if hard != resource.RLIM_INFINITY:
            ceiling = min(ceiling, hard)
        resource.setrlimit(resource.RLIMIT_DATA, (ceiling, hard))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))
