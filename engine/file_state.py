"""File state: what tells a file from another version of it without reading it."""

import os
import time
from typing import NamedTuple

UNCERTAIN = 2_000_000_000
"""Nanoseconds: two writes within this time can leave the same times, since some file systems count whole seconds."""


class FileState(NamedTuple):
    """Times in nanoseconds since 1970, size in bytes, and inode: it changes on replacement, on writes and on chmod."""

    modified: int
    changed: int
    size: int
    inode: int

    def is_settled(self, now: int) -> bool:
        """Whether a file in this state at time `now` (ns since 1970) has another state after every later write."""
        return min(abs(now - self.modified), abs(now - self.changed)) > UNCERTAIN


MISSING = FileState(0, 0, 0, 0)


def file_state(path: str | os.PathLike[str]) -> FileState:
    """State of a file or folder; `MISSING` if there is none, or none that can be looked at."""
    try:
        found = os.stat(path)
    except (OSError, ValueError):
        return MISSING
    return FileState(found.st_mtime_ns, found.st_ctime_ns, found.st_size, found.st_ino)


def now_ns() -> int:
    """The present on the clock that files are stamped with, in nanoseconds since 1970."""
    return time.time_ns()
