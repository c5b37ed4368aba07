"""Pareto front of points with two numbers."""

import numpy as np


def pareto_front(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Points on the Pareto front: no other point is at least as large in both numbers and larger in one.

    Args:
        first, second: (n,), where larger is better. A point with a missing value is ignored and not on the front.

    Returns:
        (n,) bool; equal points are on the front together.

    Raises:
        ValueError: the shapes differ or are not (n,).
    """
    if first.ndim != 1 or first.shape != second.shape:
        raise ValueError(f"two arrays of one shape (n,) are needed, got {first.shape} and {second.shape}")
    as_good = (first[:, None] >= first) & (second[:, None] >= second)
    better = (first[:, None] > first) | (second[:, None] > second)
    return ~(np.isnan(first) | np.isnan(second)) & ~(as_good & better).any(axis=0)
