"""The tables of the queue's file, by version, and the migration of older files."""

import sqlite3
from contextlib import suppress

_FIRST = (
    "CREATE TABLE IF NOT EXISTS jobs ("
    " job_id TEXT PRIMARY KEY, kind TEXT NOT NULL, run_id TEXT NOT NULL, payload TEXT NOT NULL,"
    " status TEXT NOT NULL, created_at REAL NOT NULL, started_at REAL, finished_at REAL, stop_requested_at REAL,"
    " owner TEXT, heartbeat REAL, progress REAL NOT NULL DEFAULT 0, message TEXT NOT NULL DEFAULT '',"
    " attempts INTEGER NOT NULL DEFAULT 0, error TEXT)",
    "CREATE INDEX IF NOT EXISTS jobs_by_status ON jobs (status, created_at)",
    "CREATE TABLE IF NOT EXISTS rates (key TEXT PRIMARY KEY, images_per_second REAL NOT NULL)",
)
_PLACE_AND_CLOCK = (
    "ALTER TABLE jobs ADD COLUMN data_dir TEXT",
    "ALTER TABLE jobs ADD COLUMN device TEXT",
    "ALTER TABLE jobs ADD COLUMN beat_clock REAL",
    "ALTER TABLE jobs ADD COLUMN progress_clock REAL",
)
MIGRATIONS = (_FIRST, _PLACE_AND_CLOCK)
"""Statements that lead from each version to the next; version 0 is an empty file."""

JOURNAL = "PRAGMA journal_mode = WAL"
"""Where the file system has no write-ahead log, SQLite keeps the mode that it had."""

SCHEMA_VERSION = len(MIGRATIONS)


def schema_version(connection: sqlite3.Connection) -> int:
    return connection.execute("PRAGMA user_version").fetchone()[0]


def migrate(connection: sqlite3.Connection) -> None:
    """Bring the tables to `SCHEMA_VERSION`. Several processes may do so at once: one does it, the others wait.

    Raises:
        sqlite3.DatabaseError: the file belongs to another program.
    """
    if schema_version(connection) == 0:
        with suppress(sqlite3.OperationalError):  # another process holds the new file; it chooses the mode
            connection.execute(JOURNAL)
    connection.execute("BEGIN IMMEDIATE")
    if schema_version(connection) == 0 and connection.execute("SELECT 1 FROM sqlite_master").fetchone():
        raise sqlite3.DatabaseError("it has the tables of another program")
    for statements in MIGRATIONS[schema_version(connection) :]:
        for statement in statements:
            connection.execute(statement)
    if schema_version(connection) < SCHEMA_VERSION:
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
    connection.execute("COMMIT")
