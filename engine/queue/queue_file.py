"""The queue's SQLite file: connections for reading and for writing, and transactions over several changes."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from engine.errors import InputError
from engine.queue.problem import LOCKED, QueueProblem, primary_code, queue_problem
from engine.queue.schema import SCHEMA_VERSION, migrate, schema_version
from engine.queue.snapshot import read_at_rest, snapshot

UNWRITABLE = frozenset({sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_FULL})
"""Codes of failures that do not hinder reading a copy of the file: its folder is read-only, or the disk is full."""


class QueueFile:
    """A SQLite file with the tables of `schema`.

    read_only: whether nothing in the file's folder may change; then a private copy is read.
    timeout: seconds to wait while another connection writes. After a reader has waited in vain, the next ones do not
        wait, until one of them can read: a page makes many reads.
    """

    def __init__(self, path: Path, read_only: bool, timeout: float) -> None:
        self.path, self.read_only, self.timeout = path, read_only, timeout
        self._local, self._is_hasty = threading.local(), False

    @contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """Connection for reading; inside a transaction of this thread, the transaction's.

        Raises:
            QueueProblem: the file cannot be read.
        """
        joined: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if joined is not None:
            yield joined
            return
        with self._problems_worded(), self._haste_noted():
            with self._reader(0.0 if self._is_hasty else self.timeout) as connection:
                yield connection

    @contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """Connection inside a transaction, which is committed at the end of the block, or undone if it raises.

        Blocks inside the block, in the same thread, join its transaction.

        Raises:
            InputError: the laboratory is read-only.
            QueueProblem: the file cannot be written.
        """
        if self.read_only:
            raise InputError.read_only()
        joined: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if joined is not None:
            yield joined
            return
        with self._problems_worded(), closing(self._opened(self.timeout)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            self._local.connection = connection
            try:
                yield connection
                connection.execute("COMMIT")
            finally:
                self._local.connection = None
                if connection.in_transaction:
                    connection.execute("ROLLBACK")

    @contextmanager
    def _haste_noted(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            self._is_hasty = primary_code(error) in LOCKED
            raise
        self._is_hasty = False

    @contextmanager
    def _reader(self, timeout: float) -> Iterator[sqlite3.Connection]:
        try:
            connection = None if self.read_only else self._opened(timeout)
        except sqlite3.OperationalError as error:
            if primary_code(error) not in UNWRITABLE:
                raise
            connection = None
        if connection is not None:
            with closing(connection):
                yield connection
            return
        try:
            content, log = read_at_rest(self.path)
        except OSError as error:
            raise queue_problem(self.path, error) from error
        with snapshot(content, log) as copy:
            self._prepare(copy)
            yield copy

    def _opened(self, timeout: float) -> sqlite3.Connection:
        connection = sqlite3.connect(self.path, timeout=timeout, isolation_level=None)
        try:
            self._prepare(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _prepare(self, connection: sqlite3.Connection) -> None:
        """Check the version, and migrate an older one; the copy of a read-only queue is migrated in private."""
        connection.row_factory = sqlite3.Row
        connection.text_factory = _decoded
        version = schema_version(connection)
        if version > SCHEMA_VERSION:
            remedy = "Update this program, or choose another --store; nothing was changed."
            raise QueueProblem(f"a queue of version {SCHEMA_VERSION} or older", f"{version} in {self.path}", remedy)
        if version < SCHEMA_VERSION:
            migrate(connection)

    @contextmanager
    def _problems_worded(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise queue_problem(self.path, error) from error
        except UnicodeDecodeError as error:  # Python's, of a message in which SQLite quotes a damaged definition
            raise queue_problem(self.path, sqlite3.DatabaseError("definitions that are no text")) from error


def _decoded(content: bytes) -> str:
    """Text of a column; bytes that are no text are replaced, so that they do not hide the other rows."""
    return content.decode(errors="replace")
