"""A slot: one process that claims jobs and does them, one stack or one measurement at a time."""

import os
import time
import traceback
from pathlib import Path

from engine.devices import reproducible
from engine.measurements.kinds import measure
from engine.queue.failure import failure_sentence
from engine.queue.heartbeat import Heartbeat, is_orphaned
from engine.queue.job import ACTIVE, WAITING, Job
from engine.queue.planner import build_chooser
from engine.queue.process_identity import process_identity
from engine.queue.run_queue import RunQueue
from engine.runs.store import SHIPPED, RunStore

POLL_INTERVAL, RECONCILE_INTERVAL = 0.1, 2.0


def serve(root: Path, data_dir: Path, device: str, idle_exit: float | None, parent: int) -> None:
    """Claim, do, repeat; ends when the queue is idle for `idle_exit` seconds, or when process `parent` is gone."""
    with reproducible(device):
        _work_off(root, data_dir, device, idle_exit, parent)


def _work_off(root: Path, data_dir: Path, device: str, idle_exit: float | None, parent: int) -> None:
    from engine.runs.experiment import checkpoint_position  # imports torch

    store, queue = RunStore(root, SHIPPED), RunQueue(root)
    owner = process_identity() or ""
    choose = build_chooser(store, device, checkpoint_position)
    busy_at, reconciled_at = time.monotonic(), 0.0
    while not is_orphaned(parent):
        if time.monotonic() - reconciled_at > RECONCILE_INTERVAL:
            queue.reconcile()
            reconciled_at = time.monotonic()
        jobs = queue.claim(owner, choose) if queue.has(WAITING) else []
        if jobs:
            _do(jobs, store, queue, data_dir, device, owner, parent)
            busy_at = time.monotonic()
        elif queue.has(ACTIVE):
            busy_at = time.monotonic()
        elif idle_exit is not None and time.monotonic() - busy_at > idle_exit:
            return
        else:
            _measure_rate(queue, device)
        if not jobs:
            time.sleep(POLL_INTERVAL)
    os._exit(0)  # a process of a pool that is gone would wait for the next task for ever


class _Interrupted(Exception):
    """Raised inside a measurement that should end now."""


def _do(
    jobs: list[Job], store: RunStore, queue: RunQueue, data_dir: Path, device: str, owner: str, parent: int
) -> None:
    """Do claimed jobs, all of one kind, and release each with the status it ended in."""
    done, error = False, None
    with Heartbeat(queue, owner, [job.job_id for job in jobs], parent) as pulse:

        def report(fraction: float, message: str) -> None:
            pulse.progress, pulse.message = fraction, message

        def report_or_stop(fraction: float, message: str) -> None:
            report(fraction, message)
            if pulse.interrupted():
                raise _Interrupted

        try:
            if jobs[0].kind == "train":
                from engine.runs.experiment import train_runs

                run_ids = [job.run_id for job in jobs]
                for step in train_runs(store, run_ids, data_dir, device, pulse.interrupted):
                    report(step.fraction, step.message)
            else:
                measure(store, jobs[0].kind, jobs[0].run_id, jobs[0].payload, data_dir, device, report_or_stop)
                done = True
        except _Interrupted:
            pass
        except Exception as failure:  # whatever went wrong belongs to these jobs, not to the worker
            error = failure_sentence(failure, unknown="See worker.log in the store.")
            traceback.print_exc()
    for job in jobs:
        result = store.result(job.run_id) if job.kind == "train" else None
        if error is not None:
            queue.release(owner, job.job_id, "failed", error)
        elif result is not None:
            queue.release(owner, job.job_id, result["status"], result.get("error"))
        elif done:
            queue.release(owner, job.job_id, "finished")
        elif pulse.orphaned:
            queue.release(owner, job.job_id, "interrupted")
        else:
            queue.release(owner, job.job_id, "queued" if job.job_id in pulse.wanted else "stopped")


def _measure_rate(queue: RunQueue, device: str) -> None:
    """Once per store: how fast this machine trains, for estimates; one network a turn, so that no job waits for all."""
    from engine.queue.speed import measure_rate, rate_key, unmeasured

    for network in unmeasured(device, queue.rates())[:1]:
        queue.record_rate(rate_key(device, network), measure_rate(network, device))
