"""Measures of the Min-Max property. Numpy in float64; training and pages use this implementation."""

import numpy as np
from scipy.special import entr

NEAR_ZERO_THRESHOLD = 0.01


def membership(weights: np.ndarray) -> np.ndarray:
    """Membership rho = 1 / (1 + |w|) of each weight (paper, Eq. 15); shape kept, in (0, 1].

    Raises:
        ValueError: a weight is not finite.
    """
    weights = np.asarray(weights, dtype=np.float64)
    if not np.isfinite(weights).all():
        raise ValueError("membership needs finite weights")
    return 1.0 / (1.0 + np.abs(weights))


def fuzziness(weights: np.ndarray) -> np.ndarray:
    """Fuzziness of each member's weights (paper, Eq. 14).

        F(w) = -1/N sum[ rho ln rho + (1 - rho) ln(1 - rho) ],  rho = 1 / (1 + |w|)

    Args:
        weights: shape (..., n), any float dtype; computed in float64.

    Returns:
        Shape (...,), in [0, ln 2] nats: 0 for weights that are all 0, ln 2 when all |w| = 1.

    Raises:
        ValueError: a weight is not finite.
    """
    rho = membership(weights)
    return (entr(rho) + entr(1.0 - rho)).mean(axis=-1)


def min_max_measure(weights: np.ndarray) -> np.ndarray:
    """M(W) = ||W||_1 - ||W||_2^2 = sum |w| (1 - |w|) (paper, Eq. 7-9); (..., n) -> (...,), unbounded below."""
    size = np.abs(np.asarray(weights, dtype=np.float64))
    return (size * (1.0 - size)).sum(axis=-1)


def near_zero_count(weights: np.ndarray, threshold: float = NEAR_ZERO_THRESHOLD) -> np.ndarray:
    """Number of weights with |w| < threshold; (..., n) -> (...,) integers."""
    return (np.abs(np.asarray(weights)) < threshold).sum(axis=-1)
