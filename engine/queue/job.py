"""A job: one row of the queue, the training or a measurement of a run."""

import json
import sqlite3
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from engine.measurements.request import MeasurementKind

WAITING, ACTIVE, RESUMABLE = ("queued", "interrupted"), ("running", "stopping"), ("stopped", "failed", "interrupted")

Kind = Literal["train"] | MeasurementKind
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


def ground(kind: Kind, run_id: str, payload: dict) -> str:
    """Key of the files that a job works on. Jobs with equal keys run one at a time.

    It is equal for all measurements of one run under one protocol, since they use each other's files.
    """
    decisive = [payload.get(name) for name in ("threat", "samples", "seed", "image")]
    return json.dumps([run_id, kind == "train", *decisive])


def read_job(row: sqlite3.Row) -> Job:
    """Job of a row of the table."""
    fields = dict(row)
    data_dir, device = fields.pop("data_dir"), fields.pop("device")
    place = None if data_dir is None else Place(Path(data_dir), device or "auto")
    return Job(**{**fields, "payload": json.loads(row["payload"]), "place": place})
