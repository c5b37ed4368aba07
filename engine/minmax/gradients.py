"""The gradient of one layer over random weights: estimates with standard errors, and exact values for few weights.

Setting and symbols are those of `theorem.py`. Two numbers are computed for each W, both means over i:

    signed = 1/n sum_i sign(x_i) sum_j W_ji (sigma_j - 1/m)      with expectation: mean of |E g_i|
    size   = 1/(n m) sum_i sum_c |sum_j W_ji sigma_j - W_ci|     with expectation: mean of E |g_i|

Both average g over the class c of y, which keeps the expectation and reduces noise. `signed` is unbiased since E g_i
has the sign of x_i; the absolute value of an average would be biased upward by noise.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.special import softmax

from engine.errors import InputError

CHUNK = 1 << 19
"""Number of entries of W held at once: 4 MB per array."""
MOST_ENTRIES = 16
"""Largest number of entries m n for which all 2^(m n) matrices of zeros and ones are enumerated."""
MOST_NODES = 1 << 16

InputKind = Literal["uniform", "ones"]


@dataclass(frozen=True)
class Estimate:
    """A mean over independent draws and its standard error; scalars or arrays of one shape."""

    mean: np.ndarray
    error: np.ndarray


@dataclass(frozen=True)
class Comparison:
    """One quantity in model a (scalar) and in model b at k values of p1, (k,); difference: b - a, draw by draw."""

    uniform: Estimate
    bernoulli: Estimate
    difference: Estimate


@dataclass(frozen=True)
class Simulation:
    """Both quantities in both models; expectation: mean of |E g_i|; size: mean of E |g_i|."""

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
    raise InputError("inputs of the kind uniform or ones", repr(kind), "Choose one of these kinds.")


def simulate(inputs: np.ndarray, m: int, p1: np.ndarray, draws: int, seed: int) -> Simulation:
    """Both quantities for both models, from the same uniform numbers: W_a = U, W_b = [U >= 1 - p1].

    The models share their noise, so their difference has a smaller error than either model. Draws are independent: each
    error is the standard deviation over draws / sqrt(draws). Equal arguments give equal numbers.

    Args:
        inputs: x, (n,); finite.
        p1: (k,), each in [0, 1].

    Raises:
        InputError: fewer than 2 classes or draws, empty or not finite inputs, or a p1 outside [0, 1].
    """
    inputs, p1 = _checked(inputs, m), np.asarray(p1, np.float64)
    if draws < 2:
        raise InputError("at least 2 draws", draws, "Choose 2 or more draws.")
    if not ((p1 >= 0.0) & (p1 <= 1.0)).all():
        raise InputError("p₁ between 0 and 1", p1.tolist(), "Choose probabilities in this range.")
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
    """`signed` and `size` of each W; (draws, m, n) and (n,) -> two arrays (draws,)."""
    m, n = weights.shape[1:]
    probabilities = softmax(weights @ inputs, axis=1)
    signed = ((weights @ np.sign(inputs)) * (probabilities - 1.0 / m)).sum(axis=1) / n
    deviations = weights - probabilities[:, None] @ weights
    return signed, np.abs(deviations, out=deviations).mean(axis=(1, 2))


def exact_bernoulli(inputs: np.ndarray, m: int, p1: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
    """Means of |E g_i| and of E |g_i| in model b, over all matrices; two arrays (k,). None for too many matrices.

    Matrices with the same number of ones are equally likely, so only the sum over each such group is needed.
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

    Sixteen nodes per entry give an error of about 1e-8 for inputs up to 10.
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
        raise InputError("a vector of finite inputs", inputs.tolist(), "Pass at least one finite number.")
    if m < 2:
        raise InputError("at least 2 classes", m, "Choose 2 or more classes.")
    return inputs


def _comparison(numbers: np.ndarray) -> Comparison:
    """Comparison of model a, in the first row, with model b, in the other rows; (k + 1, draws)."""
    differences = _estimate(numbers[1:] - numbers[0])
    return Comparison(_estimate(numbers[0]), _estimate(numbers[1:]), differences)


def _estimate(numbers: np.ndarray) -> Estimate:
    return Estimate(numbers.mean(axis=-1), numbers.std(axis=-1, ddof=1) / np.sqrt(numbers.shape[-1]))
