"""A private copy of a SQLite file, for reading where nothing may or can be written beside the file."""

import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from engine.queue.problem import QueueProblem

TRIES = 20
MEMORY = Path("/dev/shm")
"""A folder in memory on Linux, which a full disk does not affect."""


@contextmanager
def snapshot(content: bytes, log: bytes) -> Iterator[sqlite3.Connection]:
    """Connection to a private copy of a SQLite file with this content and write-ahead log.

    Raises:
        OSError: there is a log, and no place for the copy.
    """
    if content and log:
        with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None, prefix="queue-") as folder:
            copy = Path(folder) / "queue.sqlite"
            copy.write_bytes(content)
            _log_of(copy).write_bytes(log)
            with closing(sqlite3.connect(copy, isolation_level=None)) as connection:
                yield connection
    else:
        with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
            if content:
                connection.deserialize(_without_log(content))
            yield connection


def read_at_rest(path: Path) -> tuple[bytes, bytes]:
    """Content of a SQLite file and of its log at one moment: the file is equal before and after the log was read.

    Raises:
        QueueProblem: the file changes all the time.
        OSError: the file cannot be read.
    """
    content = _content(path)
    for _ in range(TRIES):
        log = _content(_log_of(path))
        before, content = content, _content(path)
        if before == content:
            return content, log
    raise QueueProblem("a queue that can be copied", f"{path}, which changes all the time", "Try again in a moment.")


def _content(path: Path) -> bytes:
    """Content of a file; empty if there is none."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""


def _log_of(path: Path) -> Path:
    return path.with_name(f"{path.name}-wal")


def _without_log(content: bytes) -> bytes:
    """The file with the versions in its header that mean "no write-ahead log", which a copy in memory cannot have."""
    return content[:18] + b"\x01\x01" + content[20:] if content[18:20] == b"\x02\x02" else content
