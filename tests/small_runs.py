"""A store of its own per test, and configs small enough to train."""

from collections.abc import Callable
from pathlib import Path

import pytest

from engine.attacks.threat import ThreatModel
from engine.queue.job import Place
from engine.queue.run_queue import RunQueue
from engine.runs.config import ProbeConfig, RunConfig
from engine.runs.store import RunStore
from engine.training.schedule import TrainingConfig

HERE = Place(Path(__file__).parent / "no-data")
"""Place of jobs that no worker does, or whose data set is part of the project. Its data folder does not exist."""

NO_PROBE = ProbeConfig(samples=0)
THREAT = ThreatModel(norm="linf", epsilon=0.3, unit="normalized")
"""The paper's for MNIST."""


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
