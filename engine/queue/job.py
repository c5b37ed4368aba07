"""A job: one row of the queue, the training or a measurement of a run."""

import json
import sqlite3
import time
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import lru_cache
from math import isfinite
from pathlib import Path
from typing import Any, Literal, get_args

from engine.measurements.request import MeasurementKind

WAITING, ACTIVE, RESUMABLE = ("queued", "interrupted"), ("running", "stopping"), ("stopped", "failed", "interrupted")

Kind = Literal["train"] | MeasurementKind
KINDS = ("train", *get_args(MeasurementKind))
Status = Literal["queued", "running", "stopping", "stopped", "finished", "failed", "interrupted"]


@dataclass(frozen=True)
class Place:
    """Where a job reads its data and computes.

    data_dir: folder of data sets, as an absolute path.
    device: "cpu", "cuda", or "auto" for the device of the worker that does the job.
    """

    data_dir: Path
    device: str = "auto"


@dataclass(frozen=True)
class Job:
    """One row: train a run, or measure one. Times are seconds since 1970; `progress` is in [0, 1].

    place: None in rows of earlier versions, which are done where their worker is.
    beat_clock, progress_clock: times of the last heartbeat and of the last progress, on the monotonic clock of the
        owner's machine; None in rows of earlier versions.
    """

    job_id: str
    kind: Kind
    run_id: str
    payload: dict
    status: Status
    created_at: float
    started_at: float | None
    finished_at: float | None
    stop_requested_at: float | None
    owner: str | None
    heartbeat: float | None
    progress: float
    message: str
    attempts: int
    error: str | None
    place: Place | None = None
    beat_clock: float | None = None
    progress_clock: float | None = None

    @property
    def ground(self) -> str:
        """Key of the files that the job works on; see the function `ground`."""
        return ground(self.kind, self.run_id, self.payload)

    @property
    def seconds_left(self) -> float | None:
        """Remaining time at the rate so far; None if it cannot be estimated yet."""
        if self.status != "running" or self.started_at is None or self.progress < 0.02:
            return None
        return (time.time() - self.started_at) * (1 - self.progress) / self.progress


KNOWN = {field.name for field in fields(Job)} - {"place"} | {"data_dir", "device"}
NEEDED = KNOWN - {"beat_clock", "progress_clock"}
"""Columns of a row; those that are not needed are missing in files of earlier versions."""


def ground(kind: Kind, run_id: str, payload: dict) -> str:
    """Key of the files that a job works on. Jobs with equal keys run one at a time.

    It is equal for all measurements of one run under one protocol, since they use each other's files.
    """
    decisive = [payload.get(name) for name in ("threat", "samples", "seed", "image")]
    return json.dumps([run_id, kind == "train", *decisive])


def read_job(row: Mapping[str, Any] | sqlite3.Row) -> Job | None:
    """Job of a row of the table; None if the row does not say what to do.

    A row with an unknown status is a failed job, whose error says so. A payload that cannot be read makes the job fail
    when it is done. Equal rows give the same job, whose payload must not be changed.

    Raises:
        sqlite3.DatabaseError: the table has other columns.
    """
    names = tuple(row.keys())
    if not NEEDED <= set(names) <= KNOWN:
        raise sqlite3.DatabaseError("a table of jobs with other columns")
    return _job(names, tuple(row[name] for name in names))


@lru_cache(maxsize=8192)
def _job(names: tuple[str, ...], values: tuple) -> Job | None:
    fields: dict[str, Any] = dict(zip(names, values, strict=True))
    job_id, kind, run_id = (fields.pop(name) for name in ("job_id", "kind", "run_id"))
    if not isinstance(job_id, str) or not isinstance(run_id, str) or kind not in KINDS:
        return None
    payload, status = _payload(fields.pop("payload")), fields.pop("status")
    data_dir, device = fields.pop("data_dir"), fields.pop("device")
    is_known = status in get_args(Status)
    error = fields.pop("error")
    owner, message = _text(fields.pop("owner")), _text(fields.pop("message"))
    times = {name: _number(value) for name, value in fields.items()}
    attempts, progress, created_at = (times.pop(name) or 0.0 for name in ("attempts", "progress", "created_at"))
    return Job(
        job_id=job_id,
        kind=kind,
        run_id=run_id,
        payload=payload,
        status=status if is_known else "failed",
        error=_text(error) if is_known else "The queue's row of this job is damaged. Start the job again.",
        place=Place(Path(data_dir), _text(device) or "auto") if isinstance(data_dir, str) else None,
        owner=owner,
        message=message or "",
        attempts=int(attempts),
        progress=min(1.0, max(0.0, progress)),
        created_at=created_at,
        **times,
    )


def _payload(text: object) -> dict:
    """The request in a row; one that cannot be read is a request that no kind of measurement accepts."""
    try:
        payload = json.loads(text) if isinstance(text, str) else None
    except ValueError:
        payload = None
    return payload if isinstance(payload, dict) else {"unreadable": str(text)}


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _number(value: object) -> float | None:
    """A finite number, or None."""
    return value if isinstance(value, int | float) and isfinite(value) else None
