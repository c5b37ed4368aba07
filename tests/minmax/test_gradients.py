"""The simulated gradient against automatic differentiation, enumeration and quadrature; its seeds and errors."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad

from engine.errors import InputError
from engine.minmax import gradients
from engine.minmax.gradients import exact_bernoulli, exact_uniform, gradient_statistics, input_vector, simulate

P1 = np.array([0.02, 0.1, 0.5, 0.9])
ERRORS = 4.0


def autograd(weights: np.ndarray, inputs: np.ndarray, target: int) -> np.ndarray:
    x = torch.from_numpy(inputs).requires_grad_()
    loss = torch.nn.functional.cross_entropy((torch.from_numpy(weights) @ x)[None], torch.tensor([target]))
    return torch.autograd.grad(loss, x)[0].numpy()


def test_statistics_are_those_of_the_loss_gradient():
    generator = np.random.default_rng(1)
    weights, inputs = generator.normal(size=(6, 4, 3)), np.array([1.5, -0.7, 0.2])
    signed, size = gradient_statistics(weights, inputs)
    found = np.array([[autograd(matrix, inputs, target) for target in range(4)] for matrix in weights])
    np.testing.assert_allclose(size, np.abs(found).mean(axis=(1, 2)), rtol=1e-12)
    np.testing.assert_allclose(signed, (found.mean(axis=1) * np.sign(inputs)).mean(axis=1), rtol=1e-10, atol=1e-15)


@pytest.mark.parametrize("inputs", [[1.0], [0.3, 2.0], [-1.5, 0.4]])
@pytest.mark.parametrize("target", [0, 2])
def test_the_signed_mean_is_the_mean_of_absolute_expectations(inputs, target):
    """Enumerates g for a fixed class, input by input."""
    inputs, m, p1 = np.array(inputs), 3, 0.3
    entries = m * len(inputs)
    matrices = (np.indices((2,) * entries).reshape(entries, -1).T).reshape(-1, m, len(inputs)).astype(float)
    chances = np.prod(np.where(matrices == 1, p1, 1 - p1), axis=(1, 2))
    each = np.array([autograd(matrix, inputs, target) for matrix in matrices])
    expectation, size = exact_bernoulli(inputs, m, np.array([p1]))
    assert expectation[0] == pytest.approx(np.abs(chances @ each).mean(), rel=1e-10)
    assert size[0] == pytest.approx((chances @ np.abs(each)).mean(), rel=1e-10)
    np.testing.assert_array_equal(np.sign(chances @ each), np.sign(inputs))


@pytest.mark.parametrize(("m", "inputs"), [(2, [1.0, 3.0]), (4, [0.5, 1.0, 2.0]), (8, [1.0, -1.0])])
def test_simulation_is_within_its_errors_of_the_enumeration(m, inputs):
    inputs = np.array(inputs)
    found, truth = simulate(inputs, m, P1, 4_000, 0), exact_bernoulli(inputs, m, P1)
    for estimate, exact in zip((found.expectation.bernoulli, found.size.bernoulli), truth, strict=True):
        assert (np.abs(estimate.mean - exact) < ERRORS * estimate.error).all()
        assert (estimate.error < 0.2 * exact).all()


@pytest.mark.parametrize(("m", "inputs"), [(2, [2.0]), (2, [1.0, 3.0]), (4, [5.0])])
def test_simulation_is_within_its_errors_of_the_quadrature(m, inputs):
    found = simulate(np.array(inputs), m, P1, 4_000, 0).expectation.uniform
    assert abs(found.mean - exact_uniform(np.array(inputs), m)) < ERRORS * found.error < 0.2 * found.mean


def test_errors_are_the_spread_over_seeds():
    """Over 200 seeds, the spread of means and differences equals the stated error."""
    runs = [simulate(np.array([1.0, 0.5]), 3, P1, 200, seed).expectation for seed in range(200)]
    for name in ("uniform", "bernoulli", "difference"):
        means = np.array([getattr(run, name).mean for run in runs])
        errors = np.array([getattr(run, name).error for run in runs])
        np.testing.assert_allclose(means.std(axis=0, ddof=1) / errors.mean(axis=0), 1.0, atol=0.2)


@pytest.mark.parametrize("x", [0.1, 1.0, 10.0])
def test_quadrature_against_the_difference_of_two_uniforms(x):
    """For m = 2, n = 1, E g = E[D tanh(D x / 2)] / 2, D triangular on [-1, 1]."""
    expected = quad(lambda d: (1 - d) * d * np.tanh(d * x / 2), 0, 1)[0]
    assert exact_uniform(np.array([x]), 2) == pytest.approx(expected, rel=1e-7)


def test_enumeration_of_the_smallest_layer_by_hand():
    """For m = 2, n = 1, both weights differ with probability 2 p1 (1 - p1); g is then half tanh(x / 2)."""
    expectation, size = exact_bernoulli(np.array([1.4]), 2, P1)
    np.testing.assert_allclose(expectation, P1 * (1 - P1) * np.tanh(0.7), rtol=1e-12)
    np.testing.assert_allclose(size, P1 * (1 - P1), rtol=1e-12)


def test_what_is_too_large_to_visit_is_not_computed():
    assert exact_bernoulli(np.ones(8), 2, P1) is not None
    assert exact_bernoulli(np.ones(6), 3, P1) is None
    assert exact_uniform(np.ones(2), 2) is not None
    assert exact_uniform(np.ones(5), 2) is None


def test_the_paper_in_numbers():
    """For m = 10, n = 25, the inequality fails at p1 = .5 and .1, and holds below."""
    found = simulate(input_vector(25, 1.0, "uniform", 0), 10, np.array([0.5, 0.1, 0.05, 0.01]), 5_000, 0)
    assert found.expectation.uniform.mean == pytest.approx(0.034, abs=0.002)
    np.testing.assert_allclose(found.expectation.bernoulli.mean, [0.088, 0.043, 0.025, 0.0055], rtol=0.05)
    shares = found.expectation.difference.mean / found.expectation.difference.error
    assert (shares[:2] > 10).all() and (shares[2:] < -10).all()
    assert found.size.difference.mean[0] > 0 > found.size.difference.mean[1:].max()


def test_chunks_change_nothing(monkeypatch):
    inputs = input_vector(3, 2.0, "uniform", 5)
    whole = simulate(inputs, 4, P1, 100, 3)
    monkeypatch.setattr(gradients, "CHUNK", 7 * 12)
    parts = simulate(inputs, 4, P1, 100, 3)
    for name in ("expectation", "size"):
        for model in ("uniform", "bernoulli", "difference"):
            one, other = (getattr(getattr(found, name), model) for found in (whole, parts))
            np.testing.assert_allclose(one.mean, other.mean, rtol=1e-13)
            np.testing.assert_allclose(one.error, other.error, rtol=1e-10)


def test_a_seed_is_what_it_depends_on():
    one, again, other = (simulate(np.ones(3), 3, P1, 50, seed).size.bernoulli.mean for seed in (0, 0, 1))
    np.testing.assert_array_equal(one, again)
    assert (one != other).all()


def test_without_randomness_there_is_no_gradient():
    found = simulate(np.array([1.0, 2.0]), 3, np.array([0.0, 1.0]), 10, 0)
    for comparison in (found.expectation, found.size):
        np.testing.assert_allclose(comparison.bernoulli.mean, 0.0, atol=1e-15)


@settings(max_examples=30, deadline=None)
@given(
    m=st.integers(2, 6),
    inputs=st.lists(st.floats(-20, 20), min_size=1, max_size=5),
    p1=st.lists(st.floats(0, 1), min_size=1, max_size=3),
)
def test_bounds_hold_for_any_layer(m, inputs, p1):
    """The expected absolute value is at most 1, and at least the absolute expectation."""
    found = simulate(np.array(inputs), m, np.array(p1), 20, 0)
    for model in ("uniform", "bernoulli"):
        signed, size = getattr(found.expectation, model), getattr(found.size, model)
        assert np.isfinite(signed.error).all() and (size.error >= 0).all()
        assert (np.abs(signed.mean) <= size.mean + 1e-12).all() and (size.mean <= 1.0).all()


@pytest.mark.parametrize(
    ("inputs", "m", "p1", "draws", "word"),
    [
        ([1.0], 1, [0.5], 10, "classes"),
        ([], 2, [0.5], 10, "finite"),
        ([np.nan], 2, [0.5], 10, "finite"),
        ([1.0], 2, [1.5], 10, "between 0 and 1"),
        ([1.0], 2, [np.nan], 10, "between 0 and 1"),
        ([1.0], 2, [0.5], 1, "draws"),
    ],
)
def test_what_cannot_be_simulated_is_refused(inputs, m, p1, draws, word):
    with pytest.raises(InputError, match=word):
        simulate(np.array(inputs), m, np.array(p1), draws, 0)


def test_inputs():
    np.testing.assert_array_equal(input_vector(3, 2.5, "ones", 0), [2.5, 2.5, 2.5])
    drawn = input_vector(1000, 2.0, "uniform", 0)
    assert 0.0 <= drawn.min() < 0.01 and 1.99 < drawn.max() <= 2.0
    np.testing.assert_array_equal(input_vector(1000, 4.0, "uniform", 0), 2 * drawn)
    assert (drawn != input_vector(1000, 2.0, "uniform", 1)).all()


def test_an_unknown_kind_of_inputs_is_refused():
    with pytest.raises(InputError, match="uniform or ones, got 'normal'"):
        input_vector(3, 1.0, "normal", 0)  # type: ignore[arg-type]
