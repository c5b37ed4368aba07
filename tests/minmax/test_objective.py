"""The penalty and its force: against numpy, against each other, against automatic differentiation."""

import numpy as np
import pytest
import torch

from engine.errors import InputError
from engine.minmax.fuzziness import min_max_measure
from engine.minmax.objective import ObjectiveConfig, penalty, penalty_force
from engine.validation import field_limits, validated


def double(*values: float) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.float64)


@pytest.fixture
def weights() -> torch.Tensor:
    """Three members' weights, none of them near the kink at 0."""
    values = torch.randn(3, 6, 1, 5, 5, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    return values + 0.05 * values.sign()


def test_penalty_is_the_formula_of_each_member(weights):
    l1, l2 = double(0.1, 0.0, 2.0), double(-0.3, 0.5, -1.0)
    rows = weights.flatten(1).numpy()
    expected = l1.numpy() * np.abs(rows).sum(1) + l2.numpy() * (rows**2).sum(1)
    np.testing.assert_allclose(penalty(weights, l1, l2).numpy(), expected, rtol=1e-13)


def test_strengths_one_and_minus_one_give_the_min_max_measure(weights):
    found = penalty(weights, double(1, 1, 1), double(-1, -1, -1))
    np.testing.assert_allclose(found.numpy(), min_max_measure(weights.flatten(1).numpy()), rtol=1e-12)


def test_positive_l2_punishes_size_and_negative_rewards_it():
    weights = double(2.0, -2.0).view(2, 1)
    assert penalty(weights, double(0, 0), double(0.5, -0.5)).tolist() == [2.0, -2.0]


def test_gradcheck(weights):
    l1, l2 = double(0.1, 0.0, 2.0).requires_grad_(), double(-0.3, 0.5, -1.0).requires_grad_()
    assert torch.autograd.gradcheck(penalty, (weights.requires_grad_(), l1, l2))


@pytest.mark.parametrize(("l1", "l2"), [(0.1, -0.1), (0.3, 0.0), (0.0, 0.7), (0.0, 0.0), (2.0, -5.0)])
def test_force_is_minus_the_gradient(weights, l1, l2):
    weights.requires_grad_()
    strengths = (torch.full((3,), l1, dtype=torch.float64), torch.full((3,), l2, dtype=torch.float64))
    (gradient,) = torch.autograd.grad(penalty(weights, *strengths).sum(), weights)
    torch.testing.assert_close(penalty_force(weights.detach(), l1, l2), -gradient, rtol=1e-12, atol=1e-12)


def test_force_at_zero_is_none():
    assert penalty_force(torch.zeros(3), 5.0, -5.0).abs().sum() == 0.0


@pytest.mark.parametrize(("l1", "l2", "expected"), [(0.1, -0.1, 0.5), (1.0, -0.25, 2.0), (0.0, -1.0, 0.0)])
def test_force_changes_direction_at_the_tipping_point(l1, l2, expected):
    assert ObjectiveConfig(l1_strength=l1, l2_strength=l2).tipping_point == pytest.approx(expected, rel=1e-15)
    below, at, above = penalty_force(double(expected * 0.99, expected, expected * 1.01 + 0.01), l1, l2)
    assert below <= 0.0 and at == pytest.approx(0.0, abs=1e-15) and above > 0.0


@pytest.mark.parametrize("l2", [0.0, 0.1])
def test_without_a_push_outwards_there_is_no_tipping_point(l2):
    assert ObjectiveConfig(l1_strength=1.0, l2_strength=l2).tipping_point is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("l1_strength", -1e-9),
        ("l1_strength", 10.001),
        ("l1_strength", float("nan")),
        ("l1_strength", float("inf")),
        ("l2_strength", -10.001),
        ("l2_strength", float("-inf")),
        ("l2_strength", "much"),
        ("scope", "conv2"),
        ("momentum", 0.9),
    ],
)
def test_out_of_limits_is_refused_in_one_sentence(name, value):
    with pytest.raises(InputError) as caught:
        validated(ObjectiveConfig, **{name: value})
    assert name.split("_")[0] in str(caught.value) and "\n" not in str(caught.value)


def test_limits_are_those_that_are_enforced():
    for name in ("l1_strength", "l2_strength"):
        limits = field_limits(ObjectiveConfig, name)
        validated(ObjectiveConfig, **{name: limits.low})
        validated(ObjectiveConfig, **{name: limits.high})
    assert field_limits(ObjectiveConfig, "scope").choices == ("conv1", "all")
