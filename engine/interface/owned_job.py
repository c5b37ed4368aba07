"""OwnedJob: a row of the queue that this process works on itself, instead of a worker."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from engine.errors import InputError
from engine.interface.laboratory import Laboratory
from engine.queue.failure import failure_sentence
from engine.queue.heartbeat import Heartbeat
from engine.queue.job import Job, Kind, Status
from engine.queue.process_identity import interactive_identity, pid_of


class Stopped(RuntimeError):
    """The work was stopped from elsewhere, by the dashboard or the command line."""


class OwnedJob:
    """The row while its owner works on it: what others see, and whether they ask it to stop."""

    def __init__(self, heartbeat: Heartbeat, show: Callable[[float, str], None]) -> None:
        self._heartbeat, self._show = heartbeat, show

    def report(self, fraction: float, message: str) -> None:
        """Tell the queue and the progress bar how far the work is, in [0, 1]."""
        self._heartbeat.report(fraction, message)
        self._show(fraction, message)

    def is_stopped(self) -> bool:
        """Whether to save and end."""
        return self._heartbeat.interrupted()


@contextmanager
def owned_job(
    laboratory: Laboratory,
    kind: Kind,
    job_id: str,
    run_id: str,
    payload: dict,
    show: Callable[[float, str], None],
) -> Iterator[OwnedJob]:
    """Own a row of the queue during the body, and release it with the status that the work ended in.

    A worker neither takes the row nor is needed. The work counts as stopped, and can be resumed, where the body raises
    `Stopped` or KeyboardInterrupt, or leaves a training without a result; as failed, where it raises anything else.

    Args:
        show: called with the fraction done and a message, besides the queue.

    Raises:
        InputError: another process works on the row, or on the same files.
    """
    queue, owner = laboratory.queue, interactive_identity()
    queue.reconcile()
    other = queue.take(owner, job_id, kind, run_id, payload)
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
        queue.release(owner, job_id, status, error)


def _end(laboratory: Laboratory, kind: Kind, run_id: str) -> tuple[Status, str | None]:
    if kind != "train":
        return "finished", None
    result = laboratory.store.result(run_id)
    return (result["status"], result.get("error")) if result else ("stopped", None)


def _in_use(job: Job) -> InputError:
    work = "trains" if job.kind == "train" else "measures under the same threat model"
    process = f"process {pid_of(job.owner)}" if job.owner else "another process"
    remedy = "Wait until it ends, or stop it first."
    return InputError("a run that no other process works on", f"{job.run_id}, which {process} {work}", remedy)
