"""Interface to the worker for pages and commands: its settings, whether it is alive, and how to start it. No torch."""

import fcntl
import os
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from engine.devices import worker_process_count
from engine.queue.job import Place
from engine.queue.process_identity import is_alive, is_identity, is_of_this_boot, process_identity
from engine.queue.worker_log import LOG, note_start, rotate
from engine.runs.store import RunStore

LOCK, UNKNOWN = "worker.lock", "unknown"
LOCK_AGE = 60.0
"""Seconds for which the lock of a worker on another machine counts after it was last touched."""

ENVIRONMENT = {
    "CUBLAS_WORKSPACE_CONFIG": ":4096:8",  # deterministic matrix products on a GPU
    # glibc would give the memory of a layer's activations back to the system at every step, and ask for it again
    "MALLOC_MMAP_THRESHOLD_": str(32 * 2**20),
    "MALLOC_TRIM_THRESHOLD_": str(512 * 2**20),
    "MALLOC_TOP_PAD_": str(64 * 2**20),
}
"""Environment variables of worker processes, unless the user has set them; they must be set before the start."""


@dataclass(frozen=True)
class WorkerSettings:
    """Folders, device and number of processes of a worker.

    processes: number of worker processes; None means one per core, or one on a GPU.
    idle_exit: seconds without work after which the worker ends; None means never.
    """

    root: Path
    data_dir: Path
    device: str = "auto"
    processes: int | None = None
    idle_exit: float | None = None

    @property
    def place(self) -> Place:
        """Place of the jobs that are submitted together with the start of this worker."""
        return Place(self.data_dir, self.device)

    def processes_on(self, device: str) -> int:
        """Number of worker processes on this device, "cpu" or "cuda"."""
        return self.processes or worker_process_count(device)

    def command(self) -> list[str]:
        """The command line that starts this worker."""
        words = [sys.executable, "-m", "engine", "worker", "--store", str(self.root), "--data", str(self.data_dir)]
        words += ["--device", self.device]
        words += ["--slots", str(self.processes)] if self.processes else []
        return words + (["--idle-exit", f"{self.idle_exit:g}"] if self.idle_exit is not None else [])


def worker_identity(root: Path) -> str | None:
    """Identity of the running worker of a store, also on another machine; None if there is none."""
    try:
        identity = (root / LOCK).read_text(errors="replace").strip()
    except OSError:
        return None
    alive = is_alive(identity) if identity else None
    if alive is None:
        alive = _is_locked(root / LOCK) or is_fresh_elsewhere(root / LOCK, identity)
    return identity or UNKNOWN if alive else None


def is_fresh_elsewhere(lock: Path, identity: str) -> bool:
    """Whether a worker on another machine has touched its lock lately; locks may not hold between machines."""
    if not is_identity(identity) or is_of_this_boot(identity):
        return False
    try:
        return abs(time.time() - lock.stat().st_mtime) < LOCK_AGE
    except OSError:
        return False


def _is_locked(lock: Path) -> bool:
    """Whether a process of this machine, in any container, holds the lock."""
    try:
        with lock.open() as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def start_worker(settings: WorkerSettings) -> bool:
    """Start a detached worker unless one is alive, and return whether one was started. It outlives its caller."""
    RunStore(settings.root).prepare()
    if worker_identity(settings.root):
        return False
    rotate(settings.root)
    with (settings.root / LOG).open("ab") as output:
        worker = subprocess.Popen(
            settings.command(),
            cwd=Path(__file__).parents[2],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            env={**ENVIRONMENT, **os.environ},
        )
    note_start(settings.root, process_identity(worker.pid) or UNKNOWN)
    threading.Thread(target=worker.wait, daemon=True).start()  # otherwise it would be a zombie after its end
    return True
