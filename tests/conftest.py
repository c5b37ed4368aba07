"""What tests of more than one folder stand on."""

import os
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch

from engine.data.catalog import DatasetSpec
from engine.minmax.penalties import PENALTIES, Penalty
from engine.minmax.quantities import QUANTITIES, LayerQuantity
from tests.few_images import write_few_images
from tests.listed import count_few_images_as_listed
from tests.small_runs import queue, store, tiny  # noqa: F401


@pytest.fixture(scope="session")
def few_images(tmp_path_factory) -> Path:
    """A data folder whose mnist-mini has 250 training and 100 test images."""
    folder = tmp_path_factory.mktemp("few-images")
    write_few_images(folder)
    return folder


@pytest.fixture(scope="session")
def other_images(tmp_path_factory, few_images) -> Callable[[str], Path]:
    """Part ("x_train", "y_train", "x_test" or "y_test") -> a data folder as `few_images`, with one value changed."""

    @cache
    def changed(part: str) -> Path:
        folder = tmp_path_factory.mktemp(f"other-{part}")
        with np.load(few_images / "mnist-mini.npz") as archive:
            arrays = dict(archive)
        arrays[part].flat[0] ^= 1
        np.savez(folder / "mnist-mini.npz", **arrays)
        return folder

    return changed


@pytest.fixture(scope="session", autouse=True)
def few_images_are_listed() -> Iterator[None]:
    """Here, and in the programs that tests start, such as workers."""
    root = Path(__file__).parents[1]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DatasetSpec, "is_listed", DatasetSpec.is_listed)
        patch.setenv("PYTHONPATH", os.pathsep.join(map(str, (root / "tests" / "startup", root))))
        count_few_images_as_listed()
        yield


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
