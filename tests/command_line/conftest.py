"""A store with a finished, a stopped and a queued run, and a way to run commands in this process."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from engine.__main__ import main
from engine.queue.process_identity import process_identity
from engine.queue.run_queue import RunQueue
from engine.queue.submission import submit_runs
from engine.runs import store as store_module
from engine.runs.config import ProbeConfig, RunConfig
from engine.runs.experiment import train_runs
from engine.runs.store import RunStore
from engine.training.schedule import TrainingConfig
from tests.small_runs import HERE


@dataclass
class Answer:
    """What a command said and how it ended."""

    code: int
    out: str
    err: str


@dataclass
class Laboratory:
    """Folders for --store and --data, and the ids of three runs."""

    root: Path
    data: Path
    finished: str
    stopped: str
    queued: str

    @property
    def folders(self) -> list[str]:
        return ["--store", str(self.root), "--data", str(self.data)]

    @property
    def store(self) -> RunStore:
        return RunStore(self.root)

    @property
    def queue(self) -> RunQueue:
        return RunQueue(self.root)


@pytest.fixture(autouse=True)
def nothing_shipped(monkeypatch, tmp_path_factory):
    """Commands see the runs of their store alone."""
    monkeypatch.setattr(store_module, "SHIPPED", tmp_path_factory.mktemp("shipped"))


@pytest.fixture(scope="session")
def original(tmp_path_factory, few_images) -> Laboratory:
    """Made once; tests get copies."""
    root, data = tmp_path_factory.mktemp("store"), few_images
    store, queue, owner = RunStore(root), RunQueue(root), process_identity()
    training = TrainingConfig(epochs=4, learning_rate=0.003, snapshots_per_epoch=2)
    configs = [RunConfig(seed=seed, training=training, probe=ProbeConfig(samples=0)) for seed in range(3)]
    run_ids = submit_runs(store, queue, configs, HERE)
    for run_id, steps, status in ((run_ids[0], 10**9, "finished"), (run_ids[1], 6, "stopped")):
        queue.claim(owner, lambda jobs: jobs[:1])
        asked = iter(range(10**9))
        for _ in train_runs(store, [run_id], data, "cpu", lambda asked=asked, steps=steps: next(asked) >= steps):
            pass
        queue.release(owner, run_id, status)
    return Laboratory(root, data, *run_ids)


@pytest.fixture
def laboratory(original, tmp_path) -> Laboratory:
    shutil.copytree(original.root, tmp_path / "store")
    return Laboratory(tmp_path / "store", original.data, original.finished, original.stopped, original.queued)


@pytest.fixture
def command(capsys) -> Callable[..., Answer]:
    """Run `python -m engine ...` here."""

    def run(*words: object) -> Answer:
        capsys.readouterr()
        try:
            code = main([str(word) for word in words])
        except SystemExit as ended:
            code = ended.code
        told = capsys.readouterr()
        return Answer(code, told.out, told.err)

    return run


@pytest.fixture
def no_worker(monkeypatch) -> list:
    """Commands that would start a worker note it here instead."""
    started = []
    for module in ("engine.command_line.runs", "engine.command_line.attendant"):
        monkeypatch.setattr(f"{module}.start_worker", lambda settings: started.append(settings) or True)
    return started
