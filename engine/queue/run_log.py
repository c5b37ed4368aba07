"""The log of a run: its launch, its jobs with their errors, and lines of the worker's log about it. No torch."""

import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from engine.queue.job import Job
from engine.queue.overview import RunOverview
from engine.queue.worker_log import LOG, OLDER_LOG

MOST_BYTES, MOST_LINES = 2_000_000, 200


class Event(NamedTuple):
    """One entry of the log: when, in seconds since 1970, and what."""

    at: float
    words: str


def run_events(run: RunOverview, jobs: Sequence[Job]) -> list[Event]:
    """What became of a run and its measurements, oldest first.

    Args:
        jobs: the jobs of this run.
    """
    found = [Event(run.created_at.timestamp(), "created")] if run.created_at else []
    found += [event for job in jobs if job.run_id == run.run_id for event in _events(job)]
    return sorted(found, key=lambda event: event.at)


def _events(job: Job) -> Iterator[Event]:
    name = "training" if job.kind == "train" else job.kind
    yield Event(job.created_at, f"{name} queued")
    if job.started_at is not None:
        again = f", attempt {job.attempts}" if job.attempts > 1 else ""
        yield Event(job.started_at, f"{name} started{again}" + (f" by {job.owner}" if job.owner else ""))
    if job.finished_at is not None:
        yield Event(job.finished_at, f"{name} {job.status}" + (f": {job.error}" if job.error else ""))


def worker_lines(root: Path, run_id: str) -> list[str]:
    """Lines of the worker's log, the older one included, that name a run; the last `MOST_LINES`, oldest first."""
    lines = [line for name in (OLDER_LOG, LOG) for line in _text(root / name).splitlines() if run_id in line]
    return lines[-MOST_LINES:]


def log_lines(root: Path, run: RunOverview, jobs: Sequence[Job]) -> list[str]:
    """The log of a run as text: its events with local times, its error, and lines of the worker's log."""
    lines = [
        f"{time.strftime('%Y-%m-%d %H:%M:%S', time.localtime(at))}  {words}" for at, words in run_events(run, jobs)
    ]
    if run.error and not any(run.error in line for line in lines):
        lines.append(run.error)
    return [*lines, *worker_lines(root, run.run_id)]


def _text(path: Path) -> str:
    """The end of a file; empty if it cannot be read."""
    try:
        with path.open("rb") as file:
            file.seek(0, 2)
            file.seek(max(0, file.tell() - MOST_BYTES))
            return file.read().decode(errors="replace")
    except OSError:
        return ""
