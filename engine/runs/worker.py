"""The worker: a process of its own that does what the queue says, on as many cores or devices as there are.

`work` holds the store's lock and keeps one slot per core or device alive in a process of joblib's; each claims jobs
and does them. Pages and commands only write rows; `start_worker` starts a worker where none is alive.
"""

import fcntl
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from engine.errors import InputError
from engine.runs.lease import is_alive, process_identity
from engine.runs.planner import resolve_device, slot_count
from engine.runs.run_queue import RunQueue
from engine.runs.slot import serve
from engine.runs.store import RunStore

LOCK, LOG = "worker.lock", "worker.log"
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

    def slots_on(self, device: str) -> int:
        """Processes side by side on this device, "cpu" or "cuda"."""
        return self.slots or slot_count(device)

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
    RunStore(settings.root).prepare()
    device = resolve_device(settings.device)
    slots = settings.slots_on(device)
    threads = {"OMP_NUM_THREADS": str(max(1, slot_count("cpu") // slots))}
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
