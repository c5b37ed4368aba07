"""The worker: a process of its own that does what the queue says, on as many cores or devices as there are.

`work` holds the store's lock and keeps one `serve` loop per slot alive through joblib; each loop claims jobs and
does them. Pages and commands only write rows; `start_worker` starts a worker where none is alive.
"""

import errno
import fcntl
import os
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from engine.errors import InputError
from engine.runs.evaluation_request import EvaluationRequest
from engine.runs.lease import is_alive, process_identity
from engine.runs.planner import build_chooser, resolve_device, slot_count
from engine.runs.pulse import Pulse, is_orphaned
from engine.runs.run_queue import ACTIVE, WAITING, Job, RunQueue
from engine.runs.store import RunStore
from engine.validation import validated

LOCK, LOG = "worker.lock", "worker.log"
POLL_INTERVAL, RECONCILE_INTERVAL = 0.1, 2.0
LONGEST_LOG = 1_000_000
ENVIRONMENT = {
    "CUBLAS_WORKSPACE_CONFIG": ":4096:8",  # deterministic matrix products on a GPU
    # glibc would give the memory of a layer's activations back to the system at every step, and ask for it again
    "MALLOC_MMAP_THRESHOLD_": str(32 * 2**20),
    "MALLOC_TRIM_THRESHOLD_": str(512 * 2**20),
    "MALLOC_TOP_PAD_": str(64 * 2**20),
}
"""Of worker processes, unless the user has set something else; must stand before they begin."""


@dataclass(frozen=True)
class WorkerSettings:
    """Where a worker works and with what; `idle_exit` seconds without work end it, None never does."""

    root: Path
    data_dir: Path
    device: str = "auto"
    slots: int | None = None
    idle_exit: float | None = None

    def command(self) -> list[str]:
        """The command line that starts this worker."""
        words = [sys.executable, "-m", "engine", "worker", "--store", str(self.root), "--data", str(self.data_dir)]
        words += ["--device", self.device]
        words += ["--slots", str(self.slots)] if self.slots else []
        return words + (["--idle-exit", f"{self.idle_exit:g}"] if self.idle_exit is not None else [])


def work(settings: WorkerSettings, announce: Callable[[], None] = lambda: None) -> None:
    """Serve the queue until idle for `idle_exit` seconds; `announce` is called when nothing speaks against it.

    Raises:
        InputError: another worker serves this store, or the device is not there.
    """
    from joblib import Parallel, delayed

    RunStore(settings.root).prepare()
    device = resolve_device(settings.device)
    slots = settings.slots or slot_count(device)
    os.environ.update({**ENVIRONMENT, **os.environ})
    queue = RunQueue(settings.root)
    with _lock(settings.root):
        announce()
        while True:
            queue.reconcile()
            try:
                Parallel(n_jobs=slots, backend="loky")(
                    delayed(serve)(settings, device, os.getpid()) for _ in range(slots)
                )
                return
            except BrokenProcessPool:
                print("a worker process died; its runs go on from their checkpoints", file=sys.stderr, flush=True)
                time.sleep(0.5)


def serve(settings: WorkerSettings, device: str, parent: int) -> None:
    """One slot: claim, do, repeat; ends when idle for long enough, or when `parent` is gone."""
    import torch

    from engine.runs.experiment import checkpoint_position

    if device == "cpu":
        torch.set_num_threads(1)
    else:
        torch.use_deterministic_algorithms(True, warn_only=True)
    store, queue = RunStore(settings.root), RunQueue(settings.root)
    owner = process_identity() or ""
    choose = build_chooser(store, device, checkpoint_position)
    busy_at, reconciled_at = time.monotonic(), 0.0
    while not is_orphaned(parent):
        if time.monotonic() - reconciled_at > RECONCILE_INTERVAL:
            queue.reconcile()
            reconciled_at = time.monotonic()
        jobs = queue.claim(owner, choose) if queue.has(WAITING) else []
        if jobs:
            _do(jobs, store, queue, settings, device, owner, parent)
            busy_at = time.monotonic()
        elif queue.has(ACTIVE):
            busy_at = time.monotonic()
        elif settings.idle_exit is not None and time.monotonic() - busy_at > settings.idle_exit:
            return
        else:
            _measure_rates(queue, device)
        if not jobs:
            time.sleep(POLL_INTERVAL)
    os._exit(0)  # a process of a pool that is gone would wait for the next task for ever


class _Interrupted(Exception):
    """Raised inside an evaluation that should end now."""


def _do(
    jobs: list[Job], store: RunStore, queue: RunQueue, settings: WorkerSettings, device: str, owner: str, parent: int
) -> None:
    """Do claimed jobs, all of one kind, and release each with the status it ended in."""
    done, error = False, None
    with Pulse(queue, owner, [job.job_id for job in jobs], parent) as pulse:

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
                for step in train_runs(store, run_ids, settings.data_dir, device, pulse.interrupted):
                    report(step.fraction, step.message)
            else:
                from engine.runs.assessment import assess_run

                request = validated(EvaluationRequest, **jobs[0].payload)
                assess_run(store, jobs[0].run_id, request, settings.data_dir, device, report_or_stop)
                done = True
        except _Interrupted:
            pass
        except Exception as failure:  # whatever went wrong belongs to these jobs, not to the worker
            error = _sentence(failure)
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


def _sentence(failure: Exception) -> str:
    if isinstance(failure, InputError):
        return str(failure)
    if isinstance(failure, OSError) and failure.errno in (errno.ENOSPC, errno.EDQUOT):
        return "The disk is full. Free some space, then resume; what was recorded so far is kept."
    if isinstance(failure, OSError):
        return f"Reading or writing failed: {failure.strerror} ({failure.filename}). Mend that, then resume."
    return f"{type(failure).__name__}: {failure}. See {LOG} in the store."


def _measure_rates(queue: RunQueue, device: str) -> None:
    """Once per store: how fast this machine trains, for estimates."""
    from engine.data.catalog import DATASETS
    from engine.runs.estimate import measure_rate, rate_key

    known = queue.rates()
    for key, spec in {rate_key(device, spec): spec for spec in DATASETS.values()}.items():
        if key not in known:
            queue.record_rate(key, measure_rate(spec, device))


@contextmanager
def _lock(root: Path) -> Iterator[None]:
    """Hold the store's worker lock; the kernel drops it when the process ends, however it ends."""
    with (root / LOCK).open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            holder = worker_identity(root) or "another process"
            remedy = "That one does the work; stop it first to start another."
            raise InputError(f"no other worker on {root}", f"one already ({holder})", remedy) from error
        file.truncate(0)
        file.write(process_identity() or "")
        file.flush()
        yield


def worker_identity(root: Path) -> str | None:
    """Identity of the live worker of a store, None when there is none."""
    try:
        identity = (root / LOCK).read_text().strip()
    except OSError:
        return None
    return identity if identity and is_alive(identity) else None


def start_worker(settings: WorkerSettings) -> bool:
    """Start a detached worker unless one is alive; whether one was started. It outlives whoever asked."""
    RunStore(settings.root).prepare()
    if worker_identity(settings.root):
        return False
    log = settings.root / LOG
    fresh = log.exists() and log.stat().st_size > LONGEST_LOG
    with log.open("wb" if fresh else "ab") as output:
        worker = subprocess.Popen(
            settings.command(),
            cwd=Path(__file__).parents[2],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            env={**ENVIRONMENT, **os.environ},
        )
    threading.Thread(target=worker.wait, daemon=True).start()  # or it would be a zombie once it ends
    return True
