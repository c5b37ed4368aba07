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
from contextlib import contextmanager, suppress
from multiprocessing.connection import wait
from multiprocessing.context import SpawnProcess
from pathlib import Path
from typing import TextIO

from engine.devices import core_count, resolve_device
from engine.errors import InputError
from engine.queue.client import ENVIRONMENT, LOCK, UNKNOWN, WorkerSettings, is_fresh_elsewhere, worker_identity
from engine.queue.litter import sweep
from engine.queue.problem import QueueProblem
from engine.queue.process_identity import is_alive, pid_of, process_identity
from engine.queue.run_queue import RunQueue
from engine.queue.worker_log import rotate_own
from engine.queue.worker_process import begin
from engine.runs.store import RunStore

UPKEEP_INTERVAL, LOCK_TRIES = 10.0, 20
EARLY, MOST_FAILED_STARTS, RESTART_PAUSE = 20.0, 3, 0.5
"""Seconds after its start within which the error of a process counts as a failed start; how many failed starts end a
slot; seconds before a process is started again."""


def work(settings: WorkerSettings, announce: Callable[[], None] = lambda: None) -> None:
    """Run queued jobs until idle for `idle_exit` seconds; `announce` is called once the worker has started.

    Raises:
        InputError: another worker runs for this store, the device is not available, or no worker process can start.
    """
    RunStore(settings.root).prepare()
    device = resolve_device(settings.device)
    count = settings.processes_on(device)
    threads = {"OMP_NUM_THREADS": str(max(1, core_count() // count))}
    os.environ.update({**ENVIRONMENT, **threads, **os.environ})
    queue = RunQueue(settings.root)
    with _lock(settings.root):
        announce()
        _note_journal(queue)
        sweep(RunStore(settings.root))
        place = (settings.root, settings.data_dir, device, settings.idle_exit, os.getpid())
        _keep_alive(count, queue, lambda: _upkeep(settings.root), *place)


def _upkeep(root: Path) -> None:
    """Keep the log short, and touch the lock, for workers on other machines."""
    rotate_own(root)
    with suppress(OSError):
        os.utime(root / LOCK)


def _note_journal(queue: RunQueue) -> None:
    """Say it where the file system has no write-ahead log: writing is then slower, and readers wait for writers."""
    with suppress(QueueProblem):
        if (mode := queue.journal_mode()) != "wal":
            print(f"{queue.path}: no write-ahead log on this file system, using the mode {mode}", file=sys.stderr)


def _keep_alive(count: int, queue: RunQueue, upkeep: Callable[[], object], *arguments: object) -> None:
    """Keep this many worker processes running until each has returned; one that dies is started again, alone.

    Args:
        upkeep: called every few seconds.
        arguments: those of each process.

    Raises:
        InputError: each of them failed `MOST_FAILED_STARTS` times in a row, soon after its start.
    """
    slots = [_Slot(*arguments) for _ in range(count)]
    try:
        for slot in slots:
            slot.start()
        running = list(slots)
        while running:
            if not wait([slot.process.sentinel for slot in running], timeout=UPKEEP_INTERVAL):
                upkeep()
            for slot in [slot for slot in running if not slot.process.is_alive()]:
                if slot.process.exitcode == 0 or not slot.revive():
                    running.remove(slot)
                else:
                    with suppress(QueueProblem):  # the new process reconciles too, once the queue answers
                        queue.reconcile()
    finally:
        for slot in slots:
            slot.process.kill()
        for slot in slots:
            slot.process.join()
    if all(slot.failed_starts >= MOST_FAILED_STARTS for slot in slots):
        remedy = "Read the error above, or in worker.log of the store, and start the worker again."
        raise InputError("worker processes to keep running", "only processes that end soon after their start", remedy)


class _Slot:
    """One worker process, and those that replace it when it dies.

    failed_starts: number of processes in a row that ended within `EARLY` seconds.
    """

    def __init__(self, *arguments: object) -> None:
        self._arguments, self.failed_starts = arguments, 0

    def start(self) -> None:
        self._started, self.process = time.monotonic(), _start(*self._arguments)

    def revive(self) -> bool:
        """Start a new process in place of one that died; False if several in a row died soon after their start."""
        print("a worker process died; its run goes on from its checkpoint", file=sys.stderr, flush=True)
        is_early = self.process.exitcode == 1 and time.monotonic() - self._started < EARLY
        self.failed_starts = self.failed_starts + 1 if is_early else 0
        if self.failed_starts >= MOST_FAILED_STARTS:
            return False
        time.sleep(RESTART_PAUSE)
        self.start()
        return True


def _start(*arguments: object) -> SpawnProcess:
    """Start a worker process. It is a new program, so that torch and the allocator read the environment."""
    process = multiprocessing.get_context("spawn").Process(target=begin, args=arguments)
    process.start()
    return process


@contextmanager
def _lock(root: Path) -> Iterator[None]:
    """Hold the store's worker lock; the kernel releases it when the process ends for any reason.

    Raises:
        InputError: another worker holds it, also on another machine.
    """
    with (root / LOCK).open("a+", errors="replace") as file:
        if not _is_free(file):
            raise _already_running(root, worker_identity(root) or UNKNOWN)
        file.seek(0)
        if is_fresh_elsewhere(root / LOCK, holder := file.read().strip()):
            raise _already_running(root, holder)
        file.truncate(0)
        file.write(process_identity() or UNKNOWN)
        file.flush()
        yield


def _is_free(file: TextIO) -> bool:
    """Lock the file; False if another process holds it for longer than a look at it takes."""
    for _ in range(LOCK_TRIES):
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            time.sleep(0.05)
    return False


def _already_running(root: Path, holder: str) -> InputError:
    process = f"process {pid_of(holder)}" if is_alive(holder) else "on another machine or in another container"
    return InputError.plain(f"A worker is already running for {root} ({process}). Stop it before you start another.")
