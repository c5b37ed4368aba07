"""Weights and records of the three runs of `weight_runs`."""

import numpy as np
import pytest

from tests.dashboard.weight_runs import SNAPSHOTS


@pytest.fixture
def weights() -> dict[str, np.ndarray]:
    random = np.random.default_rng(0)
    return {run_id: random.normal(0, 0.2, (count, 150)).astype(np.float32) for run_id, count in SNAPSHOTS.items()}


@pytest.fixture
def records(weights) -> dict[str, list[dict]]:
    return {
        run_id: [
            {
                "epoch": 0.5 * index,
                "fuzziness": {"conv1": 0.4 / (index + 1), "conv2": 7.0},
                "near_zero": {"conv1": int((np.abs(row) < 0.01).sum()), "conv2": 7},
                "largest_weight": {"conv1": float(np.abs(row).max()), "conv2": 7.0},
                "clean_accuracy": 0.9 + 0.01 * index,
                "robust_accuracy": 0.5 + 0.01 * index if index % 2 == 0 else None,
            }
            for index, row in enumerate(rows)
        ]
        for run_id, rows in weights.items()
    }
