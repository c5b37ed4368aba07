"""Memory: what sessions share of what was read, within one limit for all of it together."""

import pickle
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from functools import wraps
from hashlib import blake2b
from sys import getsizeof
from typing import Any, ParamSpec, TypeVar

import numpy as np

from engine.file_state import FileState

LIMIT = 256 * 2**20
"""Bytes that all remembered values may take together; the least recently used ones are forgotten first."""

P = ParamSpec("P")
R = TypeVar("R")


class Memory:
    """Values by key, up to a number of bytes; any number of threads may share one."""

    def __init__(self, limit: int) -> None:
        self.limit, self.used = limit, 0
        self._lock = threading.Lock()
        self._values: OrderedDict[Hashable, tuple[Any, int]] = OrderedDict()
        self._reading: dict[Hashable, threading.Lock] = {}

    def value(self, key: Hashable, read: Callable[[], R]) -> R:
        """The value under this key; it is read once, however many threads ask for it. A failed read is not kept."""
        if (found := self._found(key)) is not None:
            return found[0]
        with self._lock:
            reading = self._reading.setdefault(key, threading.Lock())
        with reading:
            if (found := self._found(key)) is not None:
                return found[0]
            try:
                value = read()
                self._keep(key, value)
            finally:
                with self._lock:
                    self._reading.pop(key, None)
            return value

    def clear(self) -> None:
        with self._lock:
            self._values.clear()
            self.used = 0

    def _found(self, key: Hashable) -> tuple[Any, int] | None:
        with self._lock:
            if (found := self._values.get(key)) is None:
                return None
            self._values.move_to_end(key)
            if hasattr(found[0], "nbytes"):  # it may have grown
                self._weigh(key, found[0], found[0].nbytes)
            return found

    def _keep(self, key: Hashable, value: Any) -> None:
        size = bytes_of(value)
        with self._lock:
            self._weigh(key, value, size)

    def _weigh(self, key: Hashable, value: Any, size: int) -> None:
        """Count a value with this size, and forget others as long as all are too large together."""
        self.used += size - self._values.get(key, (None, 0))[1]
        self._values[key] = value, size
        while self.used > self.limit and len(self._values) > 1:
            _, (_, freed) = self._values.popitem(last=False)
            self.used -= freed


MEMORY = Memory(LIMIT)
"""The memory of this server."""


def remembered(function: Callable[P, R]) -> Callable[P, R]:
    """A function whose results MEMORY keeps; arguments are hashable, results are shared and must not be changed."""

    @wraps(function)
    def recall(*args: P.args, **options: P.kwargs) -> R:
        key = (function.__module__, function.__qualname__, args, tuple(options.items()))
        return MEMORY.value(key, lambda: function(*args, **options))

    return recall


def remembered_by_content(function: Callable[P, R]) -> Callable[P, R]:
    """As `remembered`, for arguments that cannot be hashed, such as tables: they are known by their bytes."""

    @wraps(function)
    def recall(*args: P.args, **options: P.kwargs) -> R:
        content = pickle.dumps((args, options), protocol=pickle.HIGHEST_PROTOCOL)
        key = (function.__module__, function.__qualname__, blake2b(content, digest_size=16).digest())
        return MEMORY.value(key, lambda: function(*args, **options))

    return recall


class _Answer:
    """A result, and the objects that it was computed from: as long as it is kept, no other object has their ids."""

    def __init__(self, result: Any, objects: list[Any]) -> None:
        self.result, self.objects, self.nbytes = result, objects, bytes_of(result)


def remembered_by_identity(function: Callable[P, R]) -> Callable[P, R]:
    """As `remembered`, for arguments that are kept themselves, such as runs and reports: they are known as objects.

    Texts, numbers, and file states count by value, and lists, tuples, and mappings by their elements. All else must
    never change, and should be the same object in the next rerun, or nothing is gained.
    """

    @wraps(function)
    def recall(*args: P.args, **options: P.kwargs) -> R:
        objects: list[Any] = []
        key = (function.__module__, function.__qualname__, _identity((args, options), objects))
        return MEMORY.value(key, lambda: _Answer(function(*args, **options), objects)).result

    return recall


def _identity(one: Any, objects: list[Any]) -> Hashable:
    """Key of an argument of `remembered_by_identity`; the objects whose ids it contains are added to `objects`."""
    if one is None or isinstance(one, str | int | float | FileState):
        return type(one), one
    if isinstance(one, list | tuple):
        return tuple(_identity(each, objects) for each in one)
    if isinstance(one, Mapping):
        return tuple((_identity(key, objects), _identity(each, objects)) for key, each in one.items())
    objects.append(one)
    return id(one)


def bytes_of(value: object) -> int:
    """Estimate of the memory that a value takes, with all that it refers to."""
    seen: set[int] = set()

    def weigh(one: object) -> int:
        if id(one) in seen or isinstance(one, type):
            return 0
        seen.add(id(one))
        if isinstance(one, np.ndarray):
            return one.nbytes
        if (size := getattr(one, "nbytes", None)) is not None:
            return int(size)
        size = getsizeof(one)
        if isinstance(one, Mapping):
            return size + sum(weigh(key) + weigh(each) for key, each in one.items())
        if isinstance(one, list | tuple | set | frozenset):
            return size + sum(map(weigh, one))
        return size + weigh(getattr(one, "__dict__", None))

    return weigh(value)
