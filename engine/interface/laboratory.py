"""Laboratory: the folders of runs and of data that the Python interface uses."""

import os
from dataclasses import dataclass, field
from pathlib import Path

from engine.queue.run_queue import RunQueue
from engine.runs.store import SHIPPED, RunStore, open_store

ROOT = Path(__file__).parents[2]
STORE, DATA = "MINMAX_STORE", "MINMAX_DATA"
"""Environment variables; the dashboard also reads them."""


@dataclass(frozen=True)
class Laboratory:
    """A folder of runs with its queue, and a folder of data sets, which is ignored in comparisons."""

    root: Path
    data_dir: Path = field(compare=False)

    @property
    def store(self) -> RunStore:
        """The runs in `root`, and the recorded runs that come with the project."""
        return RunStore(self.root, SHIPPED)

    @property
    def queue(self) -> RunQueue:
        return RunQueue(self.root)


def open_laboratory(store: Path | str | None = None, data: Path | str | None = None) -> Laboratory:
    """The laboratory in these folders; the defaults are MINMAX_STORE and MINMAX_DATA, else folders of the checkout.

    Raises:
        InputError: the store is a file.
    """
    root, data_dir = _folder(store, STORE, "checkpoints"), _folder(data, DATA, "data")
    open_store(root)
    return Laboratory(root, data_dir)


def _folder(given: Path | str | None, variable: str, default: str) -> Path:
    chosen = (os.environ.get(variable) or ROOT / default) if given is None else given
    return Path(chosen).expanduser().resolve()
