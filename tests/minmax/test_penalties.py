"""Every penalty: against its formula, against automatic differentiation, and as a sum with strengths."""

import numpy as np
import pytest
import torch

from engine.errors import InputError
from engine.minmax.flow import weight_force
from engine.minmax.fuzziness import min_max_measure
from engine.minmax.penalties import (
    PENALTIES,
    checked_strengths,
    further_penalties,
    further_penalty,
    l1_norm,
    penalty,
    squared_l2_norm,
)


def double(*values: float) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.float64)


@pytest.fixture
def weights() -> torch.Tensor:
    """Weights of three members, none of them near the kink at 0."""
    values = torch.randn(3, 6, 1, 5, 5, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    return values + 0.05 * values.sign()


@pytest.mark.parametrize("name", PENALTIES)
def test_gradcheck_of_every_penalty(name, weights):
    assert torch.autograd.gradcheck(PENALTIES[name].value, weights.requires_grad_())


@pytest.mark.parametrize("name", PENALTIES)
def test_members_are_independent(name, weights):
    value = PENALTIES[name].value
    assert value(weights).shape == (3,)
    assert torch.equal(value(weights), torch.cat([value(weights[k : k + 1]) for k in range(3)]))


def test_norms_are_their_formulas(weights):
    rows = weights.flatten(1).numpy()
    np.testing.assert_allclose(l1_norm(weights).numpy(), np.abs(rows).sum(1), rtol=1e-13)
    np.testing.assert_allclose(squared_l2_norm(weights).numpy(), (rows**2).sum(1), rtol=1e-13)


def test_the_sum_is_strength_times_penalty_of_each_member(weights, quartic):
    strengths = {"l1": double(0.1, 0.0, 2.0), "l2": double(-0.3, 0.5, -1.0), quartic: double(0.0, 0.2, -0.1)}
    rows = weights.flatten(1).numpy()
    parts = {"l1": np.abs(rows).sum(1), "l2": (rows**2).sum(1), quartic: (rows**4).sum(1)}
    expected = sum(strengths[name].numpy() * parts[name] for name in parts)
    np.testing.assert_allclose(penalty(weights, strengths).numpy(), expected, rtol=1e-13)


def test_strengths_one_and_minus_one_give_the_min_max_measure(weights):
    found = penalty(weights, {"l1": double(1, 1, 1), "l2": double(-1, -1, -1)})
    np.testing.assert_allclose(found.numpy(), min_max_measure(weights.flatten(1).numpy()), rtol=1e-12)


def test_positive_l2_punishes_size_and_negative_rewards_it():
    weights = double(2.0, -2.0).view(2, 1)
    assert penalty(weights, {"l1": double(0, 0), "l2": double(0.5, -0.5)}).tolist() == [2.0, -2.0]


def test_gradcheck_of_the_sum(weights, quartic):
    columns = [double(0.1, 0.0, 2.0), double(-0.3, 0.5, -1.0), double(0.2, 0.0, 0.1)]
    columns = [column.requires_grad_() for column in columns]

    def total(weights, *columns):
        return penalty(weights, dict(zip(("l1", "l2", quartic), columns, strict=True)))

    assert torch.autograd.gradcheck(total, (weights.requires_grad_(), *columns))


@pytest.mark.parametrize(("l1", "l2"), [(0.1, -0.1), (0.3, 0.0), (0.0, 0.7), (0.0, 0.0), (2.0, -5.0)])
def test_the_force_of_the_theory_is_minus_the_gradient_that_trains(weights, l1, l2):
    weights.requires_grad_()
    strengths = {"l1": double(l1, l1, l1), "l2": double(l2, l2, l2)}
    (gradient,) = torch.autograd.grad(penalty(weights, strengths).sum(), weights)
    force = weight_force(weights.detach().numpy(), l1, l2)
    np.testing.assert_allclose(force, -gradient.numpy(), rtol=1e-12, atol=1e-12)


def test_checked_strengths_are_sorted_pairs_without_zeros(quartic, monkeypatch):
    monkeypatch.setitem(PENALTIES, "a-first", PENALTIES[quartic])
    assert checked_strengths({quartic: 0.5, "a-first": -1.0}) == (("a-first", -1.0), (quartic, 0.5))
    assert checked_strengths({quartic: 0.0}) == checked_strengths({}) == ()


@pytest.mark.parametrize("name", ["l1", "l2", "elastic", ""])
def test_what_is_no_further_penalty_is_refused(name, quartic):
    with pytest.raises(InputError, match=f"one of {quartic}, got '{name}'"):
        further_penalty(name)


@pytest.mark.parametrize("strength", [-10.1, 10.1, float("nan"), float("inf")])
def test_strengths_out_of_their_limits_are_refused(strength, quartic):
    with pytest.raises(InputError, match=f"the strength of {quartic} to be -10 to 10"):
        checked_strengths({quartic: strength})


def test_every_entry_is_consistent(quartic):
    assert all(penalty.name == name and penalty.low < penalty.high for name, penalty in PENALTIES.items())
    assert list(further_penalties()) == [quartic]
