"""Small files in the Keras layout."""

from pathlib import Path

import numpy as np
import pytest


def keras_arrays(shape: tuple[int, ...] = (32, 32, 3), train: int = 6, test: int = 4) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    return {
        "x_train": rng.integers(0, 256, (train, *shape), dtype=np.uint8),
        "y_train": rng.integers(0, 10, train, dtype=np.uint8),
        "x_test": rng.integers(0, 256, (test, *shape), dtype=np.uint8),
        "y_test": rng.integers(0, 10, test, dtype=np.uint8),
    }


@pytest.fixture
def arrays() -> dict[str, np.ndarray]:
    """Arrays of a cifar10.npz file with six training and four test images."""
    return keras_arrays()


@pytest.fixture
def cifar(tmp_path: Path, arrays) -> Path:
    """A cifar10.npz file with these arrays."""
    path = tmp_path / "cifar10.npz"
    np.savez_compressed(path, **arrays)
    return path
