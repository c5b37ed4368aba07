r"""Theorem 1 of the paper: its printed proof, and its closed-form approximations.

One linear layer, W of shape (m, n) with independent entries of one distribution, L = -y^T log softmax(Wx), y one-hot:

    g_i = dL/dx_i = sum_j W_ji (sigma_j - y_j),   sigma = softmax(Wx)

Model a draws entries from U(0, 1), model b from Bernoulli(p1). The theorem says |E g_i| of b <= |E g_i| of a.

The sums of sigma and of y over classes are 1, and softmax does not change if a constant is added to all logits. So the
mean of the entries cancels, and W can be replaced by V = W - E W. By symmetry, E[V_ji sigma_j] is the same for every j,
and E[V_ji y_j] = 0, hence E g_i = m E[V_1i sigma_1]. As sigma_1 grows with V_1i where x_i > 0, and falls where x_i < 0,
E g_i has the sign of x_i for every distribution.

Around z = Vx = 0, with d_j = z_j - mean(z):

    sigma_j = 1/m [1 + d_j + (d_j^2 - mean(d^2)) / 2 + O(z^3)]

In the expectation of products with V_ji, only powers of V_ji remain. With the variance v and the third central
moment t of an entry, E[V_ji d_j] = v x_i (m-1)/m, E[V_ji d_j^2] = t x_i^2 ((m-1)/m)^2 and
E[V_ji mean(d^2)] = t x_i^2 (m-1)/m^2. Therefore

    E g_i = (m-1)/m [v x_i + (m-2)/(2m) t x_i^2] + O(x^3)

For all m, n and x, the first term compares the models only by their variances, 1/12 and p1 (1 - p1).
"""

from dataclasses import dataclass

import numpy as np

from engine.errors import InputError

UNIFORM_VARIANCE = 1.0 / 12.0


@dataclass(frozen=True)
class Entry:
    """Mean and central moments of the distribution of a weight; arrays for several distributions."""

    mean: float | np.ndarray
    variance: float | np.ndarray
    third: float | np.ndarray


UNIFORM = Entry(0.5, UNIFORM_VARIANCE, 0.0)


def bernoulli(p1: float | np.ndarray) -> Entry:
    """Moments of weights that are 1 with probability p1, else 0."""
    variance = p1 * (1.0 - p1)
    return Entry(p1, variance, variance * (1.0 - 2.0 * p1))


def printed_gradient(entry: Entry, probabilities: np.ndarray) -> float | np.ndarray:
    """E g_i if sigma is independent of W, as the printed proof assumes: E W (sum_j sigma_j - 1).

    It is 0 for every distribution, since softmax sums to 1. The theorem then states 0 <= 0.

    Args:
        probabilities: (m,), sigma or its expectation.
    """
    return entry.mean * (float(np.sum(probabilities)) - 1.0)


def expected_gradient(entry: Entry, m: int, inputs: np.ndarray, order: int = 1) -> float | np.ndarray:
    """Mean over i of |E g_i| for small inputs, to first or second order in the inputs, as derived above.

    Args:
        entry: moments; the result has their shape.
        m: number of classes, at least 2.
        inputs: (n,), finite.
        order: 1 or 2. The second-order term is 0 for two classes and for symmetric distributions.

    Raises:
        InputError: the order is not 1 or 2.
    """
    if order not in (1, 2):
        raise InputError("order 1 or 2", order, "Choose one of these.")
    first = entry.variance * np.abs(inputs).mean()
    second = (m - 2) / (2 * m) * entry.third * (np.sign(inputs) * np.square(inputs)).mean()
    return (m - 1) / m * (first + (second if order == 2 else 0.0))


def uniform_gradient_size(m: int) -> float:
    """E |g_i| of model a as the inputs go to 0, where sigma is 1/m; for two classes, 1/6 at any inputs.

    There g_i is (m-1)/m times the difference of U, uniform, and the mean B of m - 1 others:
    E |U - B| = 1/4 + Var(B) = 1/4 + 1 / (12 (m-1)).
    """
    return (m - 1) / m * (0.25 + UNIFORM_VARIANCE / (m - 1))


def bernoulli_gradient_size(m: int, p1: float | np.ndarray) -> float | np.ndarray:
    """E |g_i| of model b as the inputs go to 0: 2 p1 (1 - p1) (m-1)/m; for two classes, at any inputs.

    For two classes g_i = -sigma_2 (W_1i - W_2i) for y = (1, 0), and exchanging the rows of W turns sigma_2 into
    1 - sigma_2, so that E |g_i| = E |W_1i - W_2i| / 2 for every distribution.
    """
    return 2.0 * (m - 1) / m * p1 * (1.0 - p1)


def corrected_p1_threshold() -> tuple[float, float]:
    """Both p1 with p1 (1 - p1) = 1/12: to first order, the theorem fails between 0.0918 and 0.9082."""
    return _where_variance_is(UNIFORM_VARIANCE)


def size_p1_threshold(m: int) -> tuple[float, float]:
    """Both p1 with equal E |g_i| in both models as the inputs go to 0; outside them, model b has the smaller one."""
    return _where_variance_is(uniform_gradient_size(m) * m / (2.0 * (m - 1)))


def largest_one(p1: float) -> float:
    """Largest c for which a weight that is c with probability p1, else 0, has at most the variance of model a."""
    return float(np.sqrt(UNIFORM_VARIANCE / bernoulli(p1).variance))


def _where_variance_is(variance: float) -> tuple[float, float]:
    """Both p1 with p1 (1 - p1) = variance, at most 1/4."""
    half = np.sqrt(0.25 - variance)
    return float(0.5 - half), float(0.5 + half)
