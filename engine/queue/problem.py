"""QueueProblem: why the queue cannot be used now. Runs are read from their files nevertheless."""

import sqlite3
from pathlib import Path

from engine.errors import InputError
from engine.runs.folder_options import folder_options

LOCKED = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR, sqlite3.SQLITE_SCHEMA})
"""Codes of a file that is no database, is damaged, or has other tables."""


class QueueProblem(InputError):
    """The queue is locked, damaged, of a newer version or not readable. Trainings under way wait, and go on.

    damage: what is wrong with the file itself, so that it must be replaced; None if it is usable later.
    """

    damage: str | None = None


def queue_problem(path: Path, error: sqlite3.Error | OSError) -> QueueProblem:
    """The problem behind a failure of SQLite or of the disk, with what to do."""
    code = primary_code(error) if isinstance(error, sqlite3.Error) else None
    if code in LOCKED:
        return QueueProblem.plain(
            f"Another program has locked the queue {path}. Trainings under way go on. Try again in a moment; "
            "if this stays, end the program that has the file open."
        )
    if code in DAMAGED or type(error) is sqlite3.DatabaseError:
        problem = QueueProblem.plain(
            f"The queue {path} is damaged, or is not a queue of this laboratory ({error}). Runs are kept. "
            f"Stop the worker, then run `python -m engine reindex{folder_options(path.parent)}`, "
            "which replaces the file and keeps a copy."
        )
        problem.damage = str(error)
        return problem
    if code == sqlite3.SQLITE_FULL:
        return QueueProblem.plain(f"The disk of the queue {path} is full. Free some space, then try again.")
    reason = str(error) if isinstance(error, sqlite3.Error) else error.strerror or type(error).__name__
    return QueueProblem.plain(
        f"The queue {path} cannot be used ({reason}). Make sure that it is a file that you may read and write, "
        "and that its disk has free space; then try again."
    )


def primary_code(error: sqlite3.Error) -> int | None:
    """SQLite's code of an error, without its details; None if an error of Python's module has none."""
    code = getattr(error, "sqlite_errorcode", None)
    return None if code is None else code & 0xFF
