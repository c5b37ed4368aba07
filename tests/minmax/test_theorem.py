"""Closed forms of Theorem 1 against enumeration, quadrature and each other."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.special import softmax

from engine.errors import InputError
from engine.minmax.gradients import exact_bernoulli, exact_uniform, gradient_statistics
from engine.minmax.theorem import (
    UNIFORM,
    UNIFORM_VARIANCE,
    bernoulli,
    bernoulli_gradient_size,
    corrected_p1_threshold,
    expected_gradient,
    largest_one,
    printed_gradient,
    size_p1_threshold,
    uniform_gradient_size,
)

P1 = np.array([0.05, 0.3, 0.5, 0.8])
SHAPES = [(2, 3), (3, 2), (4, 2), (5, 3)]
probability = st.floats(0.001, 0.999)


def test_moments_of_an_entry_are_those_of_its_distribution():
    values, chances = np.array([0.0, 1.0]), np.array([0.7, 0.3])
    entry = bernoulli(0.3)
    assert entry.mean == pytest.approx(chances @ values)
    for order, moment in ((2, entry.variance), (3, entry.third)):
        assert moment == pytest.approx(chances @ (values - 0.3) ** order)
    for order, moment in ((2, UNIFORM.variance), (3, UNIFORM.third)):
        assert moment == pytest.approx(quad(lambda w, k=order: (w - 0.5) ** k, 0, 1)[0], abs=1e-15)


@pytest.mark.parametrize(("m", "n"), SHAPES)
@pytest.mark.parametrize(("order", "shrinking"), [(1, 4.0), (2, 8.0)])
def test_the_expansion_errs_by_the_order_it_leaves_out(m, n, order, shrinking):
    """Half the inputs give an eighth of the error, or a quarter without the second order."""

    def error(scale: float) -> np.ndarray:
        inputs = scale * np.linspace(0.4, 1.0, n)
        exact, _ = exact_bernoulli(inputs, m, P1)
        return exact - expected_gradient(bernoulli(P1), m, inputs, order)

    is_skewed = (m > 2) & (P1 != 0.5)  # else there is no second order to leave out
    expected = np.where(is_skewed, shrinking, 8.0)
    np.testing.assert_allclose(error(0.02) / error(0.01), expected, rtol=0.06)


@pytest.mark.parametrize(("m", "n"), [(2, 1), (2, 2), (3, 1), (4, 1)])
def test_the_expansion_of_the_uniform_model(m, n):
    inputs = 0.02 * np.linspace(0.5, 1.0, n)
    assert exact_uniform(inputs, m) == pytest.approx(expected_gradient(UNIFORM, m, inputs), rel=1e-4)
    assert expected_gradient(UNIFORM, m, inputs, 2) == expected_gradient(UNIFORM, m, inputs)


def test_second_order_of_inputs_of_either_sign():
    """Negating an input negates the first order of its expected gradient and keeps the second."""
    inputs = np.array([0.02, -0.02])
    exact, _ = exact_bernoulli(inputs, 3, P1)
    assert expected_gradient(bernoulli(P1), 3, inputs, 2) == pytest.approx(exact, rel=1e-3)
    assert expected_gradient(bernoulli(P1), 3, inputs, 2) == pytest.approx(expected_gradient(bernoulli(P1), 3, inputs))


@given(probability)
def test_the_corrected_condition_is_where_first_orders_meet(p1):
    low, high = corrected_p1_threshold()
    inputs = np.array([0.3, 0.7])
    holds = expected_gradient(bernoulli(p1), 7, inputs) < expected_gradient(UNIFORM, 7, inputs)
    assert holds == (p1 < low or p1 > high)


def test_the_threshold_in_numbers():
    low, high = corrected_p1_threshold()
    assert low * (1 - low) == pytest.approx(1 / 12, rel=1e-15) and low + high == 1.0
    assert low == pytest.approx(0.09175170953613698, rel=1e-14)


@pytest.mark.parametrize("m", [2, 3, 10, 50])
def test_the_size_threshold_is_where_sizes_meet(m):
    low, high = size_p1_threshold(m)
    for p1 in (low, high):
        assert bernoulli_gradient_size(m, p1) == pytest.approx(uniform_gradient_size(m), rel=1e-13)
    assert bernoulli_gradient_size(m, low - 0.01) < uniform_gradient_size(m) < bernoulli_gradient_size(m, low + 0.01)


@pytest.mark.parametrize(("m", "n"), SHAPES)
def test_sizes_at_vanishing_inputs(m, n):
    _, size = exact_bernoulli(np.full(n, 1e-9), m, P1)
    np.testing.assert_allclose(bernoulli_gradient_size(m, P1), size, rtol=1e-7)


@pytest.mark.parametrize("inputs", [[0.1], [2.0, 0.5], [9.0, -3.0, 1.0]])
def test_sizes_of_two_classes_are_exact_at_any_inputs(inputs):
    _, size = exact_bernoulli(np.array(inputs), 2, P1)
    np.testing.assert_allclose(size, bernoulli_gradient_size(2, P1), rtol=1e-12)
    np.testing.assert_allclose(size, P1 * (1 - P1), rtol=1e-12)


def test_size_of_the_uniform_model_at_vanishing_inputs():
    """E |U - mean of others| by quadrature over the distribution of the mean of two."""
    inner = quad(lambda b: (0.25 + (b - 0.5) ** 2) * 4 * min(b, 1 - b), 0, 1, points=[0.5])[0]
    assert uniform_gradient_size(3) == pytest.approx(2 / 3 * inner, rel=1e-10)
    assert uniform_gradient_size(2) == pytest.approx(1 / 6, rel=1e-15)


def test_as_printed_both_sides_are_zero_and_a_simulation_of_that_step_agrees():
    """The sigma of one W times another W: 0 within noise, although the true expectation is not 0."""
    generator, inputs = np.random.default_rng(0), np.array([1.0, 0.5, 0.8])
    weights = generator.random((20_000, 4, 3))
    probabilities = softmax(weights @ inputs, axis=1)
    target = np.array([1.0, 0.0, 0.0, 0.0])
    numbers = np.einsum("dji,dj->d", np.roll(weights, 1, axis=0), probabilities - target) / 3
    error = numbers.std() / np.sqrt(len(numbers))
    assert abs(numbers.mean()) < 4 * error
    kept, _ = gradient_statistics(weights, inputs)
    assert kept.mean() > 8 * error
    for entry in (UNIFORM, bernoulli(0.3)):
        assert printed_gradient(entry, probabilities.mean(axis=0)) == pytest.approx(0.0, abs=1e-12)
    assert printed_gradient(UNIFORM, np.array([0.5, 0.7])) == pytest.approx(0.1)


@given(probability)
def test_the_largest_one_has_the_variance_of_the_uniform_model(p1):
    assert largest_one(p1) ** 2 * p1 * (1 - p1) == pytest.approx(UNIFORM_VARIANCE)


def test_another_order_is_refused():
    with pytest.raises(InputError, match="order 1 or 2, got 3"):
        expected_gradient(UNIFORM, 3, np.ones(2), order=3)
