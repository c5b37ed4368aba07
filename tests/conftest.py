"""What tests of more than one folder stand on."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from engine.data.sources import load_dataset
from engine.data.subsets import stratified_ids
from engine.minmax.penalties import PENALTIES, Penalty
from engine.minmax.quantities import QUANTITIES, LayerQuantity
from tests.small_runs import queue, store, tiny  # noqa: F401


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


@pytest.fixture
def quartic(monkeypatch) -> str:
    """Name of a third penalty, sum w^4, which is registered for one test."""
    monkeypatch.setitem(PENALTIES, "quartic", Penalty("quartic", "Quartic", lambda w: w.flatten(1).pow(4).sum(1)))
    return "quartic"


@pytest.fixture
def spread(monkeypatch) -> str:
    """Key of a fourth quantity, the standard deviation of the weights, which is registered for one test."""
    entry = LayerQuantity("spread", "Spread", lambda weights: float(weights.std()))
    monkeypatch.setitem(QUANTITIES, "spread", entry)
    return "spread"


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> Iterator[None]:
    """As workers have it; two test processes with two threads each would only wait for one another."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
