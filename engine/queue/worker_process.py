"""A worker process: claims and runs jobs until the queue is idle or the worker has ended. No torch until it runs."""

import signal
import time
from pathlib import Path

from engine.queue.heartbeat import is_orphaned
from engine.queue.job import ACTIVE
from engine.queue.patience import Patience
from engine.queue.problem import QueueProblem
from engine.queue.process_identity import process_identity
from engine.queue.run_queue import RunQueue
from engine.runs.store import SHIPPED, RunStore

POLL_INTERVAL, RECONCILE_INTERVAL = 0.1, 2.0


def begin(root: Path, data_dir: Path, device: str, idle_exit: float | None, parent: int) -> None:
    """Run `serve` in a separate process, which ignores Ctrl-C: the worker handles it and ends this process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    serve(root, data_dir, device, idle_exit, parent)


def serve(root: Path, data_dir: Path, device: str, idle_exit: float | None, parent: int) -> None:
    """Claim and run jobs until the queue is idle for `idle_exit` seconds or the process `parent` has ended.

    A queue that cannot be used is waited for.
    """
    # imports torch, which neither the worker that starts this process nor the command line needs
    from engine.queue.job_runner import JobRunner

    queue = RunQueue(root)
    runner = JobRunner(RunStore(root, SHIPPED), queue, data_dir, device, process_identity() or "", parent)
    busy_at, reconciled_at, patience = time.monotonic(), -RECONCILE_INTERVAL, Patience()
    while not is_orphaned(parent):
        try:
            if time.monotonic() - reconciled_at > RECONCILE_INTERVAL:
                queue.reconcile()
                reconciled_at = time.monotonic()
            jobs = runner.claim()
            if jobs:
                runner.run(jobs)
            if jobs or queue.has(ACTIVE):
                busy_at = time.monotonic()
            elif idle_exit is not None and time.monotonic() - busy_at > idle_exit:
                return
            else:
                runner.measure_rate()
        except QueueProblem as problem:
            patience.wait(problem)
            continue
        patience.reset()
        if not jobs:
            time.sleep(POLL_INTERVAL)
