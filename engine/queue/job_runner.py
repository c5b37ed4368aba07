"""JobRunner: claims jobs for one process, runs them, and releases each with its final status."""

import traceback
from dataclasses import dataclass
from pathlib import Path

from engine.devices import reproducible, resolve_device
from engine.errors import InputError
from engine.measurements.kinds import measure
from engine.queue.failure import failure_sentence
from engine.queue.heartbeat import Heartbeat
from engine.queue.job import WAITING, Job, Place, Status
from engine.queue.patience import release_patiently
from engine.queue.planner import build_chooser
from engine.queue.run_queue import RunQueue
from engine.queue.speed import rate_key, unmeasured
from engine.queue.speed_measurement import measure_rate
from engine.runs.experiment import checkpoint_position, train_runs
from engine.runs.store import RunStore


class _Interrupted(Exception):
    """Raised inside a measurement to end it."""


@dataclass(frozen=True)
class JobRunner:
    """A process that works on a queue, one stack or one measurement at a time.

    data_dir, device: place of jobs that do not name their own; the device is "cpu" or "cuda".
    owner: identity of this process.
    parent: id of the process that started this one; when it ends, this one should end too.
    """

    store: RunStore
    queue: RunQueue
    data_dir: Path
    device: str
    owner: str
    parent: int

    def claim(self) -> list[Job]:
        """Claim the waiting jobs to run next, all of one kind, for this process."""
        if not self.queue.has(WAITING):
            return []
        return self.queue.claim(self.owner, build_chooser(self.store, self.place, checkpoint_position))

    def place(self, job: Job) -> Place:
        """Folder of a job's data and its device, "cpu" or "cuda": the job's own where it names them."""
        place = job.place or Place(self.data_dir)
        return Place(place.data_dir, self.device) if place.device == "auto" else place

    def run(self, jobs: list[Job]) -> None:
        """Run claimed jobs and release each."""
        measured, error = False, None
        with Heartbeat(self.queue, self.owner, [job.job_id for job in jobs], self.parent, jobs) as heartbeat:
            try:
                place = self.place(jobs[0])
                with reproducible(resolve_device(place.device)):
                    if jobs[0].kind == "train":
                        self._train(jobs, place, heartbeat)
                    else:
                        measured = self._measure(jobs[0], place, heartbeat)
            except Exception as failure:  # an error of these jobs must not end the worker
                error = failure_sentence(failure, unknown="See worker.log in the store.")
                traceback.print_exc()
        for job in jobs:
            status, reason = ("failed", error) if error else self._ending(job, measured, heartbeat)
            release_patiently(self.queue, self.owner, job.job_id, status, reason, self.parent)

    def measure_rate(self) -> None:
        """Measure how fast this machine trains one network, for estimates; each network is measured once per store.

        A call measures one network only, so that jobs do not wait for all of them.
        """
        for network in unmeasured(self.device, self.queue.rates())[:1]:
            with reproducible(self.device):
                rate = measure_rate(network, self.device)
            self.queue.record_rate(rate_key(self.device, network), rate)

    def _train(self, jobs: list[Job], place: Place, heartbeat: Heartbeat) -> None:
        run_ids = [job.run_id for job in jobs]
        for step in train_runs(self.store, run_ids, place.data_dir, place.device, heartbeat.interrupted):
            heartbeat.report(step.fraction, step.message)

    def _measure(self, job: Job, place: Place, heartbeat: Heartbeat) -> bool:
        """Run a measurement and return whether it was completed."""
        if job.kind == "train":
            raise ValueError("a training is no measurement")

        def report(fraction: float, message: str) -> None:
            heartbeat.report(fraction, message)
            if heartbeat.interrupted():
                raise _Interrupted

        try:
            measure(self.store, job.kind, job.run_id, job.payload, place.data_dir, place.device, report)
        except _Interrupted:
            return False
        return True

    def _ending(self, job: Job, measured: bool, heartbeat: Heartbeat) -> tuple[Status, str | None]:
        """Status and error of a job that raised nothing."""
        try:
            result = self.store.result(job.run_id) if job.kind == "train" else None
        except (InputError, OSError) as failure:
            return "failed", failure_sentence(failure)
        if result is not None:
            return result["status"], result.get("error")
        if measured:
            return "finished", None
        if heartbeat.orphaned:
            return "interrupted", None
        return ("queued" if job.job_id in heartbeat.wanted else "stopped"), None
