"""The queue: jobs with their status, owner and progress. It is never the only copy of a result."""

import json
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from math import inf
from pathlib import Path
from typing import get_args

from engine.errors import InputError
from engine.queue.job import ACTIVE, RESUMABLE, WAITING, Job, Kind, Place, Status, ground, read_job
from engine.queue.liveness import Liveness
from engine.queue.problem import QueueProblem
from engine.queue.queue_file import QueueFile

AUTOMATIC_RESUMES = 3
BUSY_TIMEOUT = 10.0


class RunQueue:
    """A SQLite file in the store. Every change of status is a compare-and-set, so that any process may request it."""

    def __init__(self, root: Path, read_only: bool = False, timeout: float = BUSY_TIMEOUT) -> None:
        """The queue of the store in `root`; the file is created by the first change.

        Args:
            read_only: whether to change nothing in the folder; every change then raises InputError.
            timeout: seconds to wait while another process writes.
        """
        self.path = root / "queue.sqlite"
        self._file, self._liveness = QueueFile(self.path, read_only, timeout), Liveness()

    @property
    def read_only(self) -> bool:
        """Whether every change raises InputError."""
        return self._file.read_only

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Context whose changes become visible together at its end, or not at all if it raises.

        It holds the only right to write from its start; methods that this thread calls inside it join it.
        """
        with self._file.write():
            yield

    def jobs(self, ids: Iterable[str] | None = None, run_ids: Iterable[str] | None = None) -> list[Job]:
        """All jobs, newest first, or those with one of these ids, or those of one of these runs, or both."""
        wanted = {"job_id": ids, "run_id": run_ids}
        values = {name: json.dumps(list(of)) for name, of in wanted.items() if of is not None}
        where = " AND ".join(f"{name} IN (SELECT value FROM json_each(:{name}))" for name in values) or "TRUE"
        return self._select(where, values)

    def unended(self) -> list[Job]:
        """Jobs that wait or are active, newest first."""
        return self._select(f"status IN {WAITING + ACTIVE}", {})

    def _select(self, where: str, values: dict[str, str]) -> list[Job]:
        """Jobs whose rows fulfill a condition of SQL, newest first."""
        if not self.path.exists():
            return []
        with self._file.read() as connection:
            found = connection.execute(f"SELECT * FROM jobs WHERE {where} ORDER BY created_at DESC, rowid DESC", values)
            return [self._seen(job) for job in _readable(found)]

    def _seen(self, job: Job) -> Job:
        """A job as this queue shows it."""
        return job

    def job(self, job_id: str) -> Job | None:
        """One job; None if it does not exist."""
        if not self.path.exists():
            return None
        with self._file.read() as connection:
            row = connection.execute("SELECT * FROM jobs WHERE job_id = ?", (job_id,)).fetchone()
            found = read_job(row) if row else None
            return found and self._seen(found)

    def restore(self, owner: str, jobs: Sequence[Job]) -> None:
        """Insert the rows of jobs that `owner` works on, where they are missing since the file was replaced."""
        with self._file.write() as connection:
            for job in jobs:
                connection.execute(
                    "INSERT INTO jobs (job_id, kind, run_id, payload, status, created_at, started_at, heartbeat, owner,"
                    " attempts, data_dir, device, beat_clock) VALUES (?, ?, ?, ?, 'running', ?, ?, ?, ?, ?, ?, ?, ?)"
                    " ON CONFLICT DO NOTHING",
                    (
                        *(job.job_id, job.kind, job.run_id, json.dumps(job.payload), job.created_at, job.started_at),
                        *(time.time(), owner, job.attempts, *_columns(job.place), time.monotonic()),
                    ),
                )

    def insert(self, job: Job) -> None:
        """Insert the row of a job that another file had; an active one is interrupted, since nobody works on it."""
        status = "interrupted" if job.status in ACTIVE else job.status
        with self._file.write() as connection:
            connection.execute(
                "INSERT INTO jobs (job_id, kind, run_id, payload, status, created_at, finished_at, progress, attempts,"
                " error, data_dir, device) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
                (
                    *(job.job_id, job.kind, job.run_id, json.dumps(job.payload), status, job.created_at),
                    *(job.finished_at, job.progress, job.attempts, job.error, *_columns(job.place)),
                ),
            )

    def drop(self, job_id: str) -> None:
        """Delete a row."""
        with self._file.write() as connection:
            connection.execute("DELETE FROM jobs WHERE job_id = ?", (job_id,))

    def interrupt(self, job_id: str) -> None:
        """Mark a queued training as one that was interrupted."""
        with self._file.write() as connection:
            connection.execute(
                "UPDATE jobs SET status = 'interrupted' WHERE job_id = ? AND status = 'queued'", (job_id,)
            )

    def has(self, statuses: Sequence[str]) -> bool:
        """Whether any job has one of these statuses."""
        marks = ", ".join("?" * len(statuses))
        with self._file.read() as connection:
            found = connection.execute(f"SELECT 1 FROM jobs WHERE status IN ({marks}) LIMIT 1", statuses)
            return found.fetchone() is not None

    def submit(self, job_id: str, kind: Kind, run_id: str, payload: dict, place: Place | None = None) -> bool:
        """Queue a job; False if it is in the queue already, with any status.

        A job that nobody works on gets the new place.

        Args:
            place: where to do it; None means where its worker is.
        """
        with self._file.write() as connection:
            added = connection.execute(
                "INSERT INTO jobs (job_id, kind, run_id, payload, status, created_at, data_dir, device)"
                " VALUES (?, ?, ?, ?, 'queued', ?, ?, ?) ON CONFLICT DO NOTHING",
                (job_id, kind, run_id, json.dumps(payload), time.time(), *_columns(place)),
            )
            if not added.rowcount:
                self._renew(connection, job_id, kind, run_id, payload)
                self._move(connection, job_id, place)
            return added.rowcount == 1

    @staticmethod
    def _renew(connection: sqlite3.Connection, job_id: str, kind: Kind, run_id: str, payload: dict) -> None:
        """Write again what a job is, unless somebody works on it; a damaged row can then be resumed."""
        connection.execute(
            "UPDATE jobs SET kind = ?, run_id = ?, payload = ?,"
            f" status = CASE WHEN status IN {get_args(Status)} THEN status ELSE 'failed' END"
            f" WHERE job_id = ? AND status NOT IN {ACTIVE}",
            (kind, run_id, json.dumps(payload), job_id),
        )

    @staticmethod
    def _move(connection: sqlite3.Connection, job_id: str, place: Place | None) -> None:
        """Set the place of a job that nobody works on; None leaves it unchanged."""
        if place is not None:
            connection.execute(
                f"UPDATE jobs SET data_dir = ?, device = ? WHERE job_id = ? AND status NOT IN {ACTIVE}",
                (*_columns(place), job_id),
            )

    def claim(self, owner: str, choose: Callable[[list[Job]], list[Job]]) -> list[Job]:
        """Assign waiting jobs to `owner`: those that `choose` picks from the free ones, oldest first.

        A job is free if no active job works on its ground and, for a measurement, the training of its run has ended.
        """
        with self._file.write() as connection:
            unended = f"SELECT * FROM jobs WHERE status IN {WAITING + ACTIVE} ORDER BY created_at, rowid"
            jobs = _readable(connection.execute(unended))
            taken = {job.ground for job in jobs if job.status in ACTIVE}
            untrained = {job.run_id for job in jobs if job.kind == "train"}
            free = [
                job
                for job in jobs
                if job.status in WAITING
                and job.ground not in taken
                and (job.kind == "train" or job.run_id not in untrained)
            ]
            chosen = choose(free)
            return _readable(
                row
                for job in chosen
                for row in connection.execute(
                    "UPDATE jobs SET status = 'running', owner = ?, started_at = ?, heartbeat = ?, error = NULL,"
                    " beat_clock = ?, progress_clock = ?,"
                    f" finished_at = NULL, progress = 0, message = 'starting' WHERE job_id = ? AND status IN {WAITING}"
                    " RETURNING *",
                    (owner, time.time(), time.time(), time.monotonic(), time.monotonic(), job.job_id),
                ).fetchall()
            )

    def take(
        self, owner: str, job_id: str, kind: Kind, run_id: str, payload: dict, place: Place | None = None
    ) -> Job | None:
        """Submit or resume a job that `owner` works on from now; no worker can claim it in between.

        Args:
            place: where `owner` works, and where a worker continues if `owner` does not finish.

        Returns:
            None if the owner now has the job; else the conflicting job of another process, which is this job or one
            on the same ground.
        """
        now, wanted = time.time(), ground(kind, run_id, payload)
        with self._file.write() as connection:
            for job in _readable(connection.execute(f"SELECT * FROM jobs WHERE status IN {ACTIVE}")):
                if job.status in ACTIVE and job.ground == wanted:
                    return job
            connection.execute(
                "INSERT INTO jobs (job_id, kind, run_id, payload, status, created_at, started_at, heartbeat, owner,"
                " data_dir, device, beat_clock, progress_clock, message)"
                " VALUES (?, ?, ?, ?, 'running', ?, ?, ?, ?, ?, ?, ?, ?, 'starting')"
                " ON CONFLICT DO UPDATE SET status = 'running', payload = excluded.payload, owner = excluded.owner,"
                " created_at = excluded.created_at, started_at = excluded.started_at, heartbeat = excluded.heartbeat,"
                " message = excluded.message, finished_at = NULL, stop_requested_at = NULL, error = NULL,"
                " data_dir = excluded.data_dir, device = excluded.device, beat_clock = excluded.beat_clock,"
                " progress_clock = excluded.progress_clock, progress = 0, attempts = 0",
                (
                    *(job_id, kind, run_id, json.dumps(payload), now, now, now, owner, *_columns(place)),
                    *(time.monotonic(), time.monotonic()),
                ),
            )
        return None

    def beat(self, owner: str, job_ids: Sequence[str], progress: float, message: str) -> set[str]:
        """Report that the owner works on its jobs; return those that still belong to it and have no stop request."""
        clock = time.monotonic()
        with self._file.write() as connection:
            rows = [
                connection.execute(
                    "UPDATE jobs SET heartbeat = ?, beat_clock = ?, progress_clock = CASE WHEN progress IS ? AND"
                    " message IS ? THEN progress_clock ELSE ? END, progress = ?, message = ?"
                    f" WHERE job_id = ? AND owner = ? AND status IN {ACTIVE} RETURNING job_id, status",
                    (time.time(), clock, progress, message, clock, progress, message, job_id, owner),
                ).fetchone()
                for job_id in job_ids
            ]
        return {row["job_id"] for row in rows if row is not None and row["status"] == "running"}

    def release(self, owner: str | None, job_id: str, status: Status, error: str | None = None) -> bool:
        """End the owner's work on a job; False if the job no longer belongs to it."""
        with self._file.write() as connection:
            done = connection.execute(
                "UPDATE jobs SET status = ?, error = ?, owner = NULL, finished_at = ?, stop_requested_at = NULL,"
                " progress = CASE ? WHEN 'finished' THEN 1 ELSE progress END, message = ''"
                f" WHERE job_id = ? AND owner IS ? AND status IN {ACTIVE}",
                (status, error, time.time(), status, job_id, owner),
            )
            if done.rowcount and status in ("stopped", "failed"):
                self._stop_dependents(connection, job_id)
            return done.rowcount == 1

    def request_stop(self, job_id: str) -> bool:
        """Stop a job: at once if it waits, or as soon as its owner notices if it runs."""
        with self._file.write() as connection:
            waiting = connection.execute(
                f"UPDATE jobs SET status = 'stopped', finished_at = ? WHERE job_id = ? AND status IN {WAITING}",
                (time.time(), job_id),
            )
            if waiting.rowcount:
                self._stop_dependents(connection, job_id)
            running = connection.execute(
                "UPDATE jobs SET status = 'stopping', stop_requested_at = ? WHERE job_id = ? AND status = 'running'",
                (time.time(), job_id),
            )
            return waiting.rowcount + running.rowcount == 1

    @staticmethod
    def _stop_dependents(connection: sqlite3.Connection, job_id: str) -> None:
        """Stop the measurements that wait for a training that will not finish; its job id is the run id."""
        connection.execute(
            "UPDATE jobs SET status = 'stopped', finished_at = ?, error = 'its training did not finish'"
            f" WHERE run_id = ? AND kind != 'train' AND status IN {WAITING}",
            (time.time(), job_id),
        )

    def resume(self, job_id: str, place: Place | None = None) -> bool:
        """Queue a job again that has ended, with any status.

        Args:
            place: where to do it from now on; None leaves its place unchanged.
        """
        with self._file.write() as connection:
            self._move(connection, job_id, place)
            changed = connection.execute(
                "UPDATE jobs SET status = 'queued', attempts = 0, error = NULL, created_at = ?, progress = 0"
                f" WHERE job_id = ? AND status IN {(*RESUMABLE, 'finished')}",
                (time.time(), job_id),
            )
            return changed.rowcount == 1

    def delete_run(self, run_id: str) -> None:
        """Delete all jobs of a run.

        Raises:
            InputError: a process works on one of them.
        """
        with self._file.write() as connection:
            busy = f"SELECT job_id FROM jobs WHERE run_id = ? AND status IN {ACTIVE}"
            if connection.execute(busy, (run_id,)).fetchone():
                raise InputError("a run that no process works on", f"{run_id}, which is running", "Stop the run first.")
            connection.execute("DELETE FROM jobs WHERE run_id = ?", (run_id,))

    def forget(self, job_ids: Sequence[str]) -> None:
        """Delete jobs, but for those that a process works on."""
        with self._file.write() as connection:
            for job_id in job_ids:
                connection.execute(f"DELETE FROM jobs WHERE job_id = ? AND status NOT IN {ACTIVE}", (job_id,))

    def reconcile(self) -> None:
        """Release jobs whose owner is dead: they are interrupted, and resume at most `AUTOMATIC_RESUMES` times.

        A worker that ignores a stop request for `STOP_GRACE` seconds is killed; a user's own process never is.
        """
        for job in self.unended():
            if job.status in ACTIVE and not (job.owner and self._liveness.is_at_work(job, job.owner)):
                self._give_up(job)

    def _give_up(self, job: Job) -> None:
        if job.status == "stopping":
            self.release(job.owner, job.job_id, "stopped")
        elif job.attempts >= AUTOMATIC_RESUMES:
            reason = f"its worker died {job.attempts + 1} times; see worker.log in the store, then resume it"
            self.release(job.owner, job.job_id, "failed", reason)
        else:
            with self._file.write() as connection:
                connection.execute(
                    "UPDATE jobs SET status = 'interrupted', owner = NULL, attempts = attempts + 1"
                    " WHERE job_id = ? AND owner IS ? AND status = 'running'",
                    (job.job_id, job.owner),
                )

    def check(self) -> None:
        """Read the whole file.

        Raises:
            QueueProblem: a part of it is damaged, even one that no row needs.
        """
        with self._file.read() as connection:
            found = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
            if found != "ok":
                raise sqlite3.DatabaseError(" ".join(found.split()))

    def journal_mode(self) -> str:
        """SQLite's way to make changes durable: "wal", or "delete" where the file system knows no write-ahead log."""
        with self._file.read() as connection:
            return connection.execute("PRAGMA journal_mode").fetchone()[0]

    def rates(self) -> dict[str, float]:
        """Measured speeds: key of device and network -> images per second through forward and backward.

        They only serve estimates, so there are none if the queue cannot be read.
        """
        if not self.path.exists():
            return {}
        try:
            with self._file.read() as connection:
                rows = connection.execute("SELECT key, images_per_second FROM rates").fetchall()
        except QueueProblem:
            return {}
        return {key: rate for key, rate in rows if isinstance(rate, int | float) and 0 < rate < inf}

    def record_rate(self, key: str, images_per_second: float) -> None:
        """Store the measured speed for one device and network."""
        with self._file.write() as connection:
            connection.execute("INSERT OR REPLACE INTO rates VALUES (?, ?)", (key, images_per_second))


def _readable(rows: Iterable[sqlite3.Row]) -> list[Job]:
    return [job for row in rows if (job := read_job(row)) is not None]


def _columns(place: Place | None) -> tuple[str | None, str | None]:
    """Values of the columns data_dir and device."""
    return (str(place.data_dir), place.device) if place else (None, None)


def readable_jobs(
    queue: RunQueue, ids: Iterable[str] | None = None, run_ids: Iterable[str] | None = None
) -> tuple[list[Job], str | None]:
    """Jobs as `RunQueue.jobs`, for pages and lists: none if the queue cannot be read, and a sentence that says why."""
    try:
        return queue.jobs(ids, run_ids), None
    except QueueProblem as problem:
        return [], str(problem)
