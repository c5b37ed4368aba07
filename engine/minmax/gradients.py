"""The gradient of one layer over random weights: estimated with its error, and exact where all weights can be visited.

Setting and symbols as in `theorem.py`. Two numbers are taken of every W, both means over i:

    signed = 1/n sum_i sign(x_i) sum_j W_ji (sigma_j - 1/m)      its expectation is the mean of |E g_i|
    size   = 1/(n m) sum_i sum_c |sum_j W_ji sigma_j - W_ci|     its expectation is the mean of E |g_i|

Both are g averaged over the class c that y stands for, which changes no expectation and takes noise away. `signed` is
unbiased since E g_i has the sign of x_i; the absolute value of an average would be too large by its own noise.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.special import softmax

from engine.errors import InputError

CHUNK = 1 << 19
"""Entries of W held at once: 4 MB per array."""
MOST_ENTRIES = 16
"""Up to so many, all 2^(m n) matrices of zeros and ones are visited."""
MOST_NODES = 1 << 16

InputKind = Literal["uniform", "ones"]


@dataclass(frozen=True)
class Estimate:
    """A mean over independent draws and its standard error; scalars or arrays of one shape."""

    mean: np.ndarray
    error: np.ndarray


@dataclass(frozen=True)
class Comparison:
    """One quantity in model a (scalar) and in model b at k values of p1 (k,); difference is b - a, draw by draw."""

    uniform: Estimate
    bernoulli: Estimate
    difference: Estimate


@dataclass(frozen=True)
class Simulation:
    """expectation: mean of |E g_i|; size: mean of E |g_i|."""

    expectation: Comparison
    size: Comparison


def input_vector(n: int, scale: float, kind: InputKind, seed: int) -> np.ndarray:
    """`scale` times n draws from U(0, 1), or n ones; (n,).

    Raises:
        InputError: an unknown kind.
    """
    if kind == "uniform":
        return scale * np.random.default_rng([seed, 0]).random(n)
    if kind == "ones":
        return scale * np.ones(n)
    raise InputError("inputs of the kind uniform or ones", repr(kind), "Choose one of these.")


def simulate(inputs: np.ndarray, m: int, p1: np.ndarray, draws: int, seed: int) -> Simulation:
    """Both quantities for both models, from the same uniform numbers: W_a = U, W_b = [U >= 1 - p1].

    The models thus share their noise, and their difference is known better than either. Draws are independent, so
    each error is the standard deviation over them / sqrt(draws). The same arguments give the same numbers.

    Args:
        inputs: x, (n,); finite.
        p1: (k,), each in [0, 1].

    Raises:
        InputError: fewer than 2 classes or draws, no or not finite inputs, a p1 outside [0, 1].
    """
    inputs, p1 = _checked(inputs, m), np.asarray(p1, np.float64)
    if draws < 2:
        raise InputError("at least 2 draws", draws, "An error needs more than one.")
    if not ((p1 >= 0.0) & (p1 <= 1.0)).all():
        raise InputError("p₁ between 0 and 1", p1.tolist(), "Choose probabilities.")
    generator, found = np.random.default_rng([seed, 1]), np.empty((2, len(p1) + 1, draws))
    step = max(1, CHUNK // (m * len(inputs)))
    for start in range(0, draws, step):
        stop = min(start + step, draws)
        numbers = generator.random((stop - start, m, len(inputs)))
        found[:, 0, start:stop] = gradient_statistics(numbers, inputs)
        for place, probability in enumerate(p1, 1):
            found[:, place, start:stop] = gradient_statistics((numbers >= 1.0 - probability).astype(float), inputs)
    return Simulation(*map(_comparison, found))


def gradient_statistics(weights: np.ndarray, inputs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """`signed` and `size` of each W; (draws, m, n) and (n,) -> twice (draws,)."""
    m, n = weights.shape[1:]
    probabilities = softmax(weights @ inputs, axis=1)
    signed = ((weights @ np.sign(inputs)) * (probabilities - 1.0 / m)).sum(axis=1) / n
    deviations = weights - probabilities[:, None] @ weights
    return signed, np.abs(deviations, out=deviations).mean(axis=(1, 2))


def exact_bernoulli(inputs: np.ndarray, m: int, p1: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
    """Mean of |E g_i| and of E |g_i| in model b, from all matrices; twice (k,). None where they are too many.

    Matrices with equally many ones are equally likely: of each such group only the sums are needed for any p1.
    """
    inputs, p1 = _checked(inputs, m), np.asarray(p1, np.float64)
    entries = m * len(inputs)
    if entries > MOST_ENTRIES:
        return None
    weights = (np.arange(2**entries)[:, None] >> np.arange(entries) & 1).astype(float)
    ones = weights.sum(axis=1).astype(int)
    found = gradient_statistics(weights.reshape(-1, m, len(inputs)), inputs)
    count = np.arange(entries + 1)
    chances = p1[:, None] ** count * (1.0 - p1[:, None]) ** (entries - count)
    expectation, size = (chances @ np.bincount(ones, numbers, entries + 1) for numbers in found)
    return expectation, size


def exact_uniform(inputs: np.ndarray, m: int) -> float | None:
    """Mean of |E g_i| in model a, by Gauss-Legendre quadrature over every entry; None for more than four entries.

    Sixteen nodes per entry: right to about 1e-8 for inputs up to 10.
    """
    inputs = _checked(inputs, m)
    entries, nodes = m * len(inputs), 16
    if nodes**entries > MOST_NODES:
        return None
    places, chances = np.polynomial.legendre.leggauss(nodes)
    grid = np.indices((nodes,) * entries).reshape(entries, -1)
    weights = (0.5 + 0.5 * places)[grid].T.reshape(-1, m, len(inputs))
    signed, _ = gradient_statistics(weights, inputs)
    return float(signed @ (0.5 * chances)[grid].prod(axis=0))


def _checked(inputs: np.ndarray, m: int) -> np.ndarray:
    inputs = np.asarray(inputs, np.float64)
    if inputs.ndim != 1 or not len(inputs) or not np.isfinite(inputs).all():
        raise InputError("a vector of finite inputs", inputs.tolist(), "Give at least one finite number.")
    if m < 2:
        raise InputError("at least 2 classes", m, "With one class there is nothing to learn.")
    return inputs


def _comparison(numbers: np.ndarray) -> Comparison:
    """Model a in the first row, model b in the others; (k + 1, draws)."""
    differences = _estimate(numbers[1:] - numbers[0])
    return Comparison(_estimate(numbers[0]), _estimate(numbers[1:]), differences)


def _estimate(numbers: np.ndarray) -> Estimate:
    return Estimate(numbers.mean(axis=-1), numbers.std(axis=-1, ddof=1) / np.sqrt(numbers.shape[-1]))
