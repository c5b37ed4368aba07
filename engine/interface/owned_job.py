"""OwnedJob: a row of the queue that this process works on instead of a worker."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from engine.errors import InputError
from engine.interface.laboratory import Laboratory
from engine.queue.failure import failure_sentence
from engine.queue.heartbeat import Heartbeat
from engine.queue.job import Job, Kind, Place, Status
from engine.queue.patience import release_patiently
from engine.queue.process_identity import interactive_identity, pid_of

RELEASE_TRIES = 6
"""Number of times that the end of the work is reported to a queue that does not answer."""


class Stopped(RuntimeError):
    """The work was stopped by the dashboard or the command line."""


class OwnedJob:
    """A row while this process works on it: reports progress, and reads stop requests."""

    def __init__(self, heartbeat: Heartbeat, show: Callable[[float, str], None]) -> None:
        self._heartbeat, self._show = heartbeat, show

    def report(self, fraction: float, message: str) -> None:
        """Report the fraction done, in [0, 1], to the queue and the progress bar."""
        self._heartbeat.report(fraction, message)
        self._show(fraction, message)

    def is_stopped(self) -> bool:
        """Whether the work should be saved and stopped."""
        return self._heartbeat.interrupted()


@contextmanager
def owned_job(
    laboratory: Laboratory,
    kind: Kind,
    job_id: str,
    run_id: str,
    payload: dict,
    device: str,
    show: Callable[[float, str], None],
) -> Iterator[OwnedJob]:
    """Own a row of the queue during the body of the context, and release it with the final status of the work.

    No worker takes the row, and none is needed. The status is stopped, so that the work can be resumed, if the body
    raises `Stopped` or KeyboardInterrupt, or if a training has no result. It is failed if the body raises any other
    exception.

    Args:
        device: device of the work, and of a worker that continues it: auto, cpu or cuda.
        show: called with the fraction done and a message, in addition to the queue.

    Raises:
        InputError: another process works on the row or on the same files.
    """
    queue, owner = laboratory.queue, interactive_identity()
    queue.reconcile()
    other = queue.take(owner, job_id, kind, run_id, payload, Place(laboratory.data_dir, device))
    if other is not None:
        raise _in_use(other)
    status, error = "stopped", None
    try:
        with Heartbeat(queue, owner, [job_id], os.getpid()) as heartbeat:
            yield OwnedJob(heartbeat, show)
        status, error = _end(laboratory, kind, run_id)
    except Stopped:
        raise
    except Exception as failure:
        status, error = "failed", failure_sentence(failure)
        raise
    finally:
        release_patiently(queue, owner, job_id, status, error, os.getpid(), RELEASE_TRIES)


def _end(laboratory: Laboratory, kind: Kind, run_id: str) -> tuple[Status, str | None]:
    if kind != "train":
        return "finished", None
    result = laboratory.store.result(run_id)
    return (result["status"], result.get("error")) if result else ("stopped", None)


def _in_use(job: Job) -> InputError:
    work = "trains" if job.kind == "train" else "measures under the same threat model"
    process = f"process {pid_of(job.owner)}" if job.owner else "another process"
    remedy = "Wait until that process ends, or stop it first."
    return InputError("a run that no other process works on", f"{job.run_id}, which {process} {work}", remedy)
