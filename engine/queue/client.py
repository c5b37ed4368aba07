"""Interface to the worker for pages and commands: its settings, whether it is alive, and how to start it. No torch."""

import os
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path

from engine.devices import worker_process_count
from engine.queue.job import Place
from engine.queue.process_identity import is_alive
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
    """Identity of the running worker of a store; None if there is none."""
    try:
        identity = (root / LOCK).read_text().strip()
    except OSError:
        return None
    return identity if identity and is_alive(identity) else None


def start_worker(settings: WorkerSettings) -> bool:
    """Start a detached worker unless one is alive, and return whether one was started. It outlives its caller."""
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
    threading.Thread(target=worker.wait, daemon=True).start()  # otherwise it would be a zombie after its end
    return True
