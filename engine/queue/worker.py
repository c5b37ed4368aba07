"""The worker: a separate process that runs the jobs of the queue on all available cores or devices.

`work` holds the store's lock and keeps one worker process per core or device alive; each claims and runs jobs.
Pages and commands only write rows to the queue, and start a worker through `client`.
"""

import fcntl
import multiprocessing
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import wait
from multiprocessing.context import SpawnProcess
from pathlib import Path

from engine.devices import core_count, resolve_device
from engine.errors import InputError
from engine.queue.client import ENVIRONMENT, LOCK, WorkerSettings, worker_identity
from engine.queue.litter import sweep
from engine.queue.process_identity import pid_of, process_identity
from engine.queue.run_queue import RunQueue
from engine.queue.worker_process import begin
from engine.runs.store import RunStore


def work(settings: WorkerSettings, announce: Callable[[], None] = lambda: None) -> None:
    """Run queued jobs until idle for `idle_exit` seconds; `announce` is called once the worker has started.

    Raises:
        InputError: another worker runs for this store, the device is not available, or a worker process fails.
    """
    RunStore(settings.root).prepare()
    device = resolve_device(settings.device)
    count = settings.processes_on(device)
    threads = {"OMP_NUM_THREADS": str(max(1, core_count() // count))}
    os.environ.update({**ENVIRONMENT, **threads, **os.environ})
    queue = RunQueue(settings.root)
    with _lock(settings.root):
        announce()
        queue.reconcile()
        sweep(RunStore(settings.root))
        _keep_alive(count, queue, settings.root, settings.data_dir, device, settings.idle_exit, os.getpid())


def _keep_alive(count: int, queue: RunQueue, *arguments: object) -> None:
    """Keep this many worker processes running until each has returned; a killed process is started again."""
    processes: list[SpawnProcess] = []
    try:
        for _ in range(count):
            processes.append(_start(*arguments))
        while processes:
            wait([process.sentinel for process in processes])
            for ended in [process for process in processes if not process.is_alive()]:
                processes.remove(ended)
                if _was_killed(ended):
                    print("a worker process died; its run goes on from its checkpoint", file=sys.stderr, flush=True)
                    queue.reconcile()
                    time.sleep(0.5)
                    processes.append(_start(*arguments))
    finally:
        for process in processes:
            process.kill()
        for process in processes:
            process.join()


def _start(*arguments: object) -> SpawnProcess:
    """Start a worker process. It is a new program, so that torch and the allocator read the environment."""
    process = multiprocessing.get_context("spawn").Process(target=begin, args=arguments)
    process.start()
    return process


def _was_killed(process: SpawnProcess) -> bool:
    """Whether a signal ended the process; False if it returned.

    Raises:
        InputError: an exception ended the process; its traceback is on standard error.
    """
    if process.exitcode == 1:
        remedy = "Read its error above, or in worker.log of the store, and start the worker again."
        raise InputError("worker processes to keep running", "one that an error ended", remedy)
    return process.exitcode != 0


@contextmanager
def _lock(root: Path) -> Iterator[None]:
    """Hold the store's worker lock; the kernel releases it when the process ends for any reason."""
    with (root / LOCK).open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            holder = worker_identity(root)
            process = f"process {pid_of(holder)}" if holder else "process unknown"
            raise InputError.plain(
                f"A worker is already running for {root} ({process}). Stop it before you start another."
            ) from error
        file.truncate(0)
        file.write(process_identity() or "")
        file.flush()
        yield
