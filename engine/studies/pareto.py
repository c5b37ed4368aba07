"""Points of which no other is better in one number without being worse in another."""

import numpy as np


def pareto_front(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Which points no other beats, by being at least as large in both numbers and larger in one.

    Args:
        first, second: (n,); the larger the better. A point with a missing value is not on the front and beats none.

    Returns:
        (n,) bool; equal points are on it together.

    Raises:
        ValueError: not of one shape (n,).
    """
    if first.ndim != 1 or first.shape != second.shape:
        raise ValueError(f"two arrays of one shape (n,) are needed, got {first.shape} and {second.shape}")
    as_good = (first[:, None] >= first) & (second[:, None] >= second)
    better = (first[:, None] > first) | (second[:, None] > second)
    return ~(np.isnan(first) | np.isnan(second)) & ~(as_good & better).any(axis=0)
