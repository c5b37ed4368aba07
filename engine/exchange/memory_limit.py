"""A ceiling on memory while something is read that others wrote."""

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

import psutil

_ALONE = Lock()
"""The limit is the whole process's: two that overlap would each take the other's for what was there before."""


@contextmanager
def memory_limit(extra: int) -> Iterator[None]:
    """Inside, this process can take at most `extra` bytes more than it has now; beyond, what asks for them fails.

    Python raises MemoryError then, torch RuntimeError. One thread at a time can be inside. The limit is the operating
    system's, on private memory: Linux keeps it, others may not.
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
