"""A store of its own per test, and configs small enough to train."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from engine.data.sources import load_dataset
from engine.data.subsets import stratified_ids
from engine.runs.config import ProbeConfig, RunConfig
from engine.runs.run_queue import RunQueue
from engine.runs.store import RunStore
from engine.training.schedule import TrainingConfig

NO_PROBE = ProbeConfig(samples=0)


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def store(tmp_path: Path) -> RunStore:
    made = RunStore(tmp_path / "store")
    made.prepare()
    return made


@pytest.fixture
def queue(store: RunStore) -> RunQueue:
    return RunQueue(store.root)


@pytest.fixture(scope="session")
def tiny() -> Callable[..., RunConfig]:
    """(changes of the training, **changes of the run) -> a config that trains in about a second."""

    def build(training: dict | None = None, **changes) -> RunConfig:
        schedule = TrainingConfig(**({"epochs": 1, "batch_size": 64, "snapshots_per_epoch": 5} | (training or {})))
        return RunConfig(**({"training": schedule, "probe": NO_PROBE} | changes))

    return build


@pytest.fixture(scope="session")
def few_images(tmp_path_factory) -> Path:
    """A data folder whose mnist-mini has 250 training and 100 test images."""
    folder = tmp_path_factory.mktemp("few-images")
    whole = load_dataset("mnist-mini", folder)
    train, test = stratified_ids(whole.train_labels, 250), stratified_ids(whole.test_labels, 100)
    np.savez(
        folder / "mnist-mini.npz",
        x_train=whole.train_images[train, 0],
        y_train=whole.train_labels[train],
        x_test=whole.test_images[test, 0],
        y_test=whole.test_labels[test],
    )
    return folder
