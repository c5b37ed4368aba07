"""The state of a store's worker, in one sentence where something is wrong. No torch."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from engine.errors import InputError
from engine.formatting import duration
from engine.queue.client import worker_identity
from engine.queue.job import ACTIVE, Job
from engine.queue.process_identity import is_alive, is_of_this_boot, is_suspended, pid_of
from engine.queue.worker_log import LOG, read_last_start

NO_BEAT, NO_PROGRESS = 60.0, 900.0
"""Seconds without a heartbeat, and without progress, after which a process counts as hanging."""


class WorkerFailed(InputError):
    """The worker cannot start, so that waiting for it has no end."""


@dataclass(frozen=True)
class WorkerState:
    """Whether a worker does the work, and what is wrong if not.

    status: "alive"; "absent" (none was needed, or the last one ended well); "failed" (it ended by an error);
        "suspended"; "hanging".
    sentence: what is wrong, since when, and what to do; empty for "alive" and "absent". It may quote the log, which is
        foreign text.
    """

    status: Literal["alive", "absent", "failed", "suspended", "hanging"]
    sentence: str = ""


def worker_state(root: Path, jobs: Sequence[Job]) -> WorkerState:
    """State of the worker of the store in `root`, whose jobs are `jobs`."""
    worker = worker_identity(root)
    for job in jobs:
        if job.status in ACTIVE and job.owner and (found := _owner_state(job, job.owner)):
            return found
    if worker is None:
        return _last_state(root)
    if is_suspended(worker):
        return _suspended(pid_of(worker), "the queue")
    return WorkerState("alive")


def _last_state(root: Path) -> WorkerState:
    """State without a living worker: how the last one ended."""
    last = read_last_start(root)
    if last is None or last.has_ended_well:
        return WorkerState("absent")
    if is_alive(last.identity):
        return WorkerState("alive")  # it starts
    when = time.strftime("%H:%M:%S on %Y-%m-%d", time.localtime(last.changed_at))
    reason = f"its last message is: {last.last_line}" if last.last_line else "it left no message"
    sentence = f"The worker ended at {when}; {reason} ({root / LOG}). Fix this, then resume or launch again."
    return WorkerState("failed", sentence)


def _owner_state(job: Job, owner: str) -> WorkerState | None:
    """What is wrong with the process that works on a job; None if nothing is known."""
    if is_suspended(owner):
        return _suspended(pid_of(owner), job.run_id)
    if not is_of_this_boot(owner) or job.beat_clock is None or job.progress_clock is None:
        return None
    silent, stuck = (time.monotonic() - clock for clock in (job.beat_clock, job.progress_clock))
    if silent > NO_BEAT:
        what = f"has not reported for {duration(silent)}"
    elif stuck > NO_PROGRESS:
        what = f"has made no progress for {duration(stuck)}"
    else:
        return None
    remedy = f"If this stays, stop the run, or end the process with `kill {pid_of(owner)}`; it resumes by itself."
    return WorkerState("hanging", f"Process {pid_of(owner)}, which works on {job.run_id}, {what}. {remedy}")


def _suspended(pid: int, work: str) -> WorkerState:
    remedy = f"Continue it with `kill -CONT {pid}`, or end it with `kill -KILL {pid}`."
    return WorkerState("suspended", f"Process {pid}, which works on {work}, is suspended. {remedy}")
