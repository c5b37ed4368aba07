"""Settings of the dashboard, read from environment variables."""

import os
from dataclasses import dataclass
from pathlib import Path

from engine.interface.laboratory import DATA, ROOT, STORE
from engine.queue.client import WorkerSettings
from engine.queue.observed_queue import ObservedQueue
from engine.queue.run_queue import RunQueue
from engine.runs.store import SHIPPED, RunStore

DEVICE, READ_ONLY = "MINMAX_DEVICE", "MINMAX_READ_ONLY"


@dataclass(frozen=True)
class Settings:
    """Folders and permissions of this dashboard; if `read_only`, every change of store and queue raises InputError."""

    store: RunStore
    queue: RunQueue
    worker: WorkerSettings
    read_only: bool


def read_settings() -> Settings:
    """Settings from MINMAX_STORE, MINMAX_DATA, MINMAX_DEVICE and MINMAX_READ_ONLY, each with a default."""
    root = Path(os.environ.get(STORE, ROOT / "checkpoints")).resolve()
    data = Path(os.environ.get(DATA, ROOT / "data")).resolve()
    worker = WorkerSettings(root, data, os.environ.get(DEVICE, "auto"), idle_exit=600.0)
    read_only = os.environ.get(READ_ONLY, "") not in ("", "0")
    queue = ObservedQueue(root) if read_only else RunQueue(root)
    return Settings(RunStore(root, SHIPPED, read_only), queue, worker, read_only)
