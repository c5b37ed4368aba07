"""The worker: a process of its own that works off the queue, on as many cores or devices as there are.

`work` holds the store's lock and keeps one worker process per core or device alive; each claims jobs and does them.
Pages and commands only write rows, and start a worker through `client`.
"""

import fcntl
import os
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from pathlib import Path

from engine.devices import core_count, resolve_device
from engine.errors import InputError
from engine.queue.client import ENVIRONMENT, LOCK, WorkerSettings, worker_identity
from engine.queue.process_identity import process_identity
from engine.queue.run_queue import RunQueue
from engine.queue.worker_process import serve
from engine.runs.store import RunStore


def work(settings: WorkerSettings, announce: Callable[[], None] = lambda: None) -> None:
    """Serve the queue until idle for `idle_exit` seconds; `announce` is called when nothing speaks against it.

    Raises:
        InputError: another worker serves this store, or the device is not there.
    """
    RunStore(settings.root).prepare()
    device = resolve_device(settings.device)
    slots = settings.slots_on(device)
    threads = {"OMP_NUM_THREADS": str(max(1, core_count() // slots))}
    os.environ.update({**ENVIRONMENT, **threads, **os.environ})
    queue = RunQueue(settings.root)
    with _lock(settings.root):
        announce()
        queue.reconcile()
        _keep_alive(slots, queue, settings.root, settings.data_dir, device, settings.idle_exit, os.getpid())


def _keep_alive(slots: int, queue: RunQueue, *arguments: object) -> None:
    """Run `serve` in that many processes until each has returned; one that dies is begun again, alone.

    Each has a pool to itself, since a pool that lost one process kills all its others, and their runs with them.
    """
    from joblib.externals.loky import ProcessPoolExecutor

    pools: dict[Future, ProcessPoolExecutor] = {}

    def begin() -> None:
        pool = ProcessPoolExecutor(max_workers=1)
        pools[pool.submit(serve, *arguments)] = pool

    try:
        for _ in range(slots):
            begin()
        while pools:
            for ended in wait(pools, return_when=FIRST_COMPLETED).done:
                pools.pop(ended).shutdown()
                try:
                    ended.result()
                except BrokenProcessPool:
                    print("a worker process died; its run goes on from its checkpoint", file=sys.stderr, flush=True)
                    queue.reconcile()
                    time.sleep(0.5)
                    begin()
    finally:
        for pool in pools.values():
            pool.shutdown(kill_workers=True)


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
