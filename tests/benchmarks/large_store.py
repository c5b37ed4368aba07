"""A store with many runs, and one with a run that grows: what the benchmark of the pages measures."""

import json
import os
import shutil
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from engine.checksum import sealed
from engine.measurements.evaluation.request import EvaluationRequest
from engine.queue.process_identity import process_identity
from engine.queue.run_queue import RunQueue
from engine.runs.config import ProbeConfig, RunConfig
from engine.runs.records import Recorder
from engine.runs.run_files import CONFIG
from engine.runs.store import RunStore
from engine.training.schedule import TrainingConfig
from engine.training.snapshot import Snapshot
from tests.small_runs import THREAT

SIZES = {"conv1": 150, "conv2": 2400}
"""LeNet's."""


def config(seed: int) -> RunConfig:
    training = TrainingConfig(epochs=1, batch_size=128, snapshots_per_epoch=10)
    return RunConfig(seed=seed, training=training, probe=ProbeConfig(samples=16, steps=4))


def train_and_attack(root: Path) -> None:
    """The run of seed 0; in a process of its own, since this one must not import torch."""
    import torch

    from engine.measurements.evaluation.measure import evaluate_run
    from engine.runs.experiment import train_runs

    torch.set_num_threads(1)
    store = RunStore(root)
    run_id = store.create(config(0)).name
    for _ in train_runs(store, [run_id], root, "cpu"):
        pass
    for request in EvaluationRequest(attacks=("fgsm", "pgd"), samples=100, threat=THREAT).ladder(
        [0.1, 0.2, 0.3, 0.4, 0.6, 0.8, 1.0]
    ):
        evaluate_run(store, run_id, request, root, "cpu")


def make_first(root: Path) -> None:
    """A store with one run, trained and attacked."""
    with ProcessPoolExecutor(1, get_context("spawn")) as process:
        process.submit(train_and_attack, root).result()


def multiply(root: Path, start: int, runs: int) -> None:
    """Runs of the seeds from `start`, each with its own config and row in the queue, all else shared with the first."""
    store, queue = RunStore(root), RunQueue(root)
    first = store.folder(config(0).run_id)
    for seed in range(start, runs):
        copy = root / config(seed).run_id
        shutil.copytree(first, copy, copy_function=os.link, ignore=shutil.ignore_patterns(CONFIG))
        document = json.loads((first / CONFIG).read_text())
        document |= {"run_id": copy.name, "config": config(seed).model_dump(mode="json")}
        (copy / CONFIG).write_text(json.dumps(sealed(document)))
        queue.submit(copy.name, "train", copy.name, {})
    for job in queue.claim("benchmark/1/1", lambda jobs: jobs):
        queue.release("benchmark/1/1", job.job_id, "finished")


class GrowingRun:
    """A run that this process seems to train: it records a snapshot whenever it is told to."""

    def __init__(self, root: Path, snapshots: int) -> None:
        store, queue = RunStore(root), RunQueue(root)
        config = RunConfig(training=TrainingConfig(epochs=100, snapshots_per_epoch=50))
        folder = store.create(config)
        self.root, self.run_id, self.count = root, config.run_id, 0
        self._recorder, self._random = Recorder(folder, SIZES, 0), np.random.default_rng(0)
        self._weights = {layer: self._random.normal(0, 0.1, size).astype(np.float32) for layer, size in SIZES.items()}
        self.grow(snapshots)
        queue.submit(self.run_id, "train", self.run_id, {})
        queue.claim(process_identity() or "", lambda jobs: jobs)

    def grow(self, snapshots: int = 1) -> None:
        for _ in range(snapshots):
            for weights in self._weights.values():
                weights += self._random.normal(0, 1e-4, weights.shape)
            self._recorder.append(self._snapshot())
            self.count += 1

    def close(self) -> None:
        self._recorder.close()

    def _snapshot(self) -> Snapshot:
        index, loss = self.count, float(2.3 / (1 + self.count / 100))
        return Snapshot(
            0, index, 10 * index, index / 50, loss if index else None, 0.1, 0.9, 0.4 if index % 2 else None,
            float(index), self._weights,
        )  # fmt: skip
