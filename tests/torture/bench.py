"""The bench: folders, seeded chance, and the processes of a campaign."""

import os
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from random import Random

import psutil

from engine.queue.job import Place
from engine.queue.run_queue import RunQueue
from engine.runs.store import RunStore
from tests.few_images import write_few_images

PATIENCE = 120.0
"""Seconds until something counts as never ending."""

MARK = "TORTURE_BENCH"
"""Environment variable by which the processes of a campaign are found."""


@dataclass(frozen=True)
class Laboratory:
    """A store and its data."""

    root: Path
    data: Path

    @property
    def store(self) -> RunStore:
        return RunStore(self.root)

    @property
    def queue(self) -> RunQueue:
        return RunQueue(self.root)

    @property
    def place(self) -> Place:
        return Place(self.data, "cpu")

    @property
    def folders(self) -> list[str]:
        """Options of a command."""
        return ["--store", str(self.root), "--data", str(self.data)]


class Bench:
    """A scratch folder, a source of chance, and the processes that are started."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.folder, self.seed = folder, seed
        self._made: dict[str, Laboratory] = {}
        self._count = 0
        os.environ[MARK] = str(folder)
        self.begin("")

    def begin(self, name: str) -> None:
        """Give a fault its own sequence of chance, independent of the faults before it."""
        self.random = Random(f"{self.seed} {name}")

    @cached_property
    def data(self) -> Path:
        """Folder of a data set of 250 images."""
        folder = self.folder / "data"
        folder.mkdir()
        write_few_images(folder)
        return folder

    def made(self, name: str, make: Callable[[Laboratory], object]) -> Laboratory:
        """The laboratory of this name, made once for all faults; do not change it."""
        if name not in self._made:
            found = Laboratory(self.folder / "made" / name, self.data)
            found.store.prepare()
            make(found)
            self._made[name] = found
        return self._made[name]

    def copy(self, original: Laboratory) -> Laboratory:
        """A copy for one try."""
        target = self.empty()
        shutil.copytree(original.root, target.root, symlinks=True, dirs_exist_ok=True)
        return target

    def empty(self) -> Laboratory:
        """An empty laboratory for one try."""
        self._count += 1
        root = self.folder / "tries" / str(self._count)
        root.mkdir(parents=True)
        return Laboratory(root, self.data)

    def clear(self) -> None:
        """Remove the laboratories of finished tries."""
        shutil.rmtree(self.folder / "tries", ignore_errors=True)

    def moments(self, last: int) -> Iterator[int]:
        """Random numbers from 1 to `last`, without end."""
        while True:
            yield self.random.randint(1, last)

    def end_processes(self) -> list[str]:
        """Kill the processes that are left, and name each."""
        left = []
        for process in self._processes():
            try:
                left.append(f"process left behind: {process.pid} {' '.join(process.cmdline())[:100]}")
                process.kill()
            except psutil.Error:
                continue
        return left

    def _processes(self) -> list[psutil.Process]:
        """Processes of this campaign but this one, once those that are ending have ended."""
        until = time.monotonic() + 5.0
        while (found := list(self._marked())) and time.monotonic() < until:
            time.sleep(0.1)
        return found

    def _marked(self) -> Iterator[psutil.Process]:
        for process in psutil.process_iter():
            try:
                is_other = process.pid != os.getpid() and process.status() != psutil.STATUS_ZOMBIE
                if is_other and process.environ().get(MARK) == str(self.folder):
                    yield process
            except psutil.Error:
                continue


def wait_until(condition: Callable[[], object], what: str, found: Callable[[], object] = lambda: "") -> None:
    """Wait for a condition; TimeoutError after PATIENCE, which says what was `found` instead."""
    started = time.monotonic()
    while not condition():
        if time.monotonic() - started > PATIENCE:
            raise TimeoutError(f"waited {PATIENCE:g} s for {what} {found()}")
        time.sleep(0.03)
