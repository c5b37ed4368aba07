"""Paths of weights under the penalty alone, lambda |w| + kappa w^2, without data. Numpy in float64.

Paths are odd in the initial weight: a negative weight takes the mirrored path.
"""

import numpy as np

BETA1, BETA2, EPSILON = 0.9, 0.999, 1e-8
"""Parameters of Adam, torch's defaults."""


def weight_penalty(weights: np.ndarray, l1_strength: float, l2_strength: float) -> np.ndarray:
    """Lambda |w| + kappa w^2 of each weight; shape kept."""
    return l1_strength * np.abs(weights) + l2_strength * np.square(weights)


def weight_force(weights: np.ndarray, l1_strength: float, l2_strength: float) -> np.ndarray:
    """-lambda sign(w) - 2 kappa w of each weight; shape kept. It is 0 at w = 0, the kink of the L1 penalty."""
    return -l1_strength * np.sign(weights) - 2.0 * l2_strength * np.asarray(weights)


def flow_paths(initial: np.ndarray, times: np.ndarray, l1_strength: float, l2_strength: float) -> np.ndarray:
    """Weights under dw/dt = force, the limit of gradient descent with small steps; (n,) and (t,) -> (t, n).

        w(t) = w_0 + (r w_0 - lambda) (e^{r t} - 1) / r,   r = -2 kappa = 2 mu,   w_0 > 0

    A weight that reaches 0 stays there. Beyond the tipping point lambda / r, a weight grows without bound, up to inf in
    float64. At r = 0 the fraction is t.
    """
    sizes, times, rate = np.abs(np.asarray(initial, np.float64)), np.asarray(times, np.float64), -2.0 * l2_strength
    with np.errstate(over="ignore"):
        growth = np.expm1(rate * times) / rate if rate else times
        slope = rate * sizes - l1_strength
        moved = np.where(slope == 0.0, 0.0, np.multiply.outer(growth, np.where(slope == 0.0, 1.0, slope)))
        return np.sign(initial) * np.maximum(sizes + moved, 0.0)


def time_to_zero(initial: np.ndarray, l1_strength: float, l2_strength: float) -> np.ndarray:
    """Time until `flow_paths` is 0: -ln(1 - r |w_0| / lambda) / r; shape kept; inf from the tipping point on."""
    sizes, rate = np.abs(np.asarray(initial, np.float64)), -2.0 * l2_strength
    if l1_strength == 0.0:
        return np.where(sizes == 0.0, 0.0, np.inf)
    share = np.minimum(rate * sizes / l1_strength, 1.0)
    with np.errstate(divide="ignore"):
        return -np.log1p(-share) / rate if rate else sizes / l1_strength


def adam_paths(
    initial: np.ndarray, steps: int, learning_rate: float, l1_strength: float, l2_strength: float
) -> np.ndarray:
    """Weights after 0, 1, ..., `steps` steps of Adam on the penalty alone; (n,) -> (steps + 1, n).

    The size of a step is about the learning rate, even for a weak force, since Adam divides the force by its recent
    size. A weight overshoots 0 by a few learning rates and then oscillates around it.
    """
    weights = np.array(initial, np.float64)
    paths = np.empty((steps + 1, len(weights)))
    paths[0], first, second = weights, np.zeros_like(weights), np.zeros_like(weights)
    for step in range(1, steps + 1):
        gradient = -weight_force(weights, l1_strength, l2_strength)
        first += (1.0 - BETA1) * (gradient - first)
        second += (1.0 - BETA2) * (gradient * gradient - second)
        scale = np.sqrt(second / (1.0 - BETA2**step)) + EPSILON
        weights = weights - learning_rate / (1.0 - BETA1**step) * first / scale
        paths[step] = weights
    return paths
