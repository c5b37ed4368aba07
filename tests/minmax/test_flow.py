"""Weights under the penalty alone, against an ODE solver, torch's Adam and automatic differentiation."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import solve_ivp

from engine.minmax.flow import adam_paths, flow_paths, time_to_zero, weight_force, weight_penalty
from engine.minmax.objective import ObjectiveConfig
from engine.minmax.penalties import penalty

STRENGTHS = [(0.1, -0.1), (1.0, -0.2), (0.3, 0.4), (0.5, 0.0), (0.0, -0.7), (0.0, 0.5), (0.0, 0.0)]
strength = st.floats(0.001, 10.0)


@pytest.mark.parametrize(("l1", "l2"), STRENGTHS)
def test_penalty_and_force_are_those_that_train(l1, l2):
    weights = np.array([-2.0, -0.3, 0.0, 0.1, 4.0])
    tensor = torch.from_numpy(weights).requires_grad_()
    strengths = {name: torch.full((5,), value, dtype=torch.float64) for name, value in (("l1", l1), ("l2", l2))}
    trained = penalty(tensor[:, None], strengths)
    np.testing.assert_allclose(weight_penalty(weights, l1, l2), trained.detach().numpy(), rtol=1e-15)
    (gradient,) = torch.autograd.grad(trained.sum(), tensor)
    np.testing.assert_allclose(weight_force(weights, l1, l2), -gradient.numpy(), rtol=1e-15)


@pytest.mark.parametrize(("l1", "l2"), STRENGTHS)
@pytest.mark.parametrize("start", [-1.3, -0.2, 0.05, 0.49, 0.51, 2.1])
def test_flow_against_an_ode_solver(l1, l2, start):
    times = np.linspace(0.0, 4.0, 41)

    def arrives(_, weight):
        return weight[0]

    arrives.terminal = True
    solved = solve_ivp(
        lambda _, weight: weight_force(weight, l1, l2),
        (0.0, 4.0),
        [start],
        t_eval=times,
        events=arrives,
        rtol=1e-10,
        atol=1e-12,
    )
    expected = np.zeros(41)
    expected[: solved.y.shape[1]] = solved.y[0]
    found = flow_paths(np.array([start]), times, l1, l2)[:, 0]
    np.testing.assert_allclose(found, expected, rtol=1e-7, atol=1e-9)
    arrival = time_to_zero(np.array([start]), l1, l2)[0]
    if solved.t_events[0].size:
        assert arrival == pytest.approx(solved.t_events[0][0], rel=1e-7)
    else:
        assert arrival > 4.0


@given(strength, strength, st.floats(0.01, 3.0))
def test_the_tipping_point_parts_the_fates(l1, mu, share):
    """A weight reaches 0 at the time of the closed form, and never beyond the tipping point."""
    tipping = ObjectiveConfig(l1_strength=l1, l2_strength=-mu).tipping_point
    start = np.array([share * tipping])
    arrival = time_to_zero(start, l1, -mu)
    if share < 0.999:
        before, after = flow_paths(start, arrival * [0.99, 1.0 + 1e-9], l1, -mu)[:, 0]
        assert 0.0 < before < start[0] and after == pytest.approx(0.0, abs=1e-6 * tipping)
    elif share > 1.001:
        assert arrival[0] == np.inf
        assert (np.diff(flow_paths(start, np.array([0.0, 0.1 / mu, 1.0 / mu]), l1, -mu)[:, 0]) > 0).all()


@given(strength, st.floats(-10.0, 10.0), st.lists(st.floats(-5, 5), min_size=1, max_size=4))
def test_flow_is_odd_and_sign_keeping(l1, l2, starts):
    starts, times = np.array(starts), np.linspace(0.0, 2.0, 5)
    paths = flow_paths(starts, times, l1, l2)
    np.testing.assert_array_equal(flow_paths(-starts, times, l1, l2), -paths)
    assert (paths * starts >= 0).all()
    np.testing.assert_allclose(paths[0], starts, rtol=1e-15)


def test_the_tipping_point_itself_stays_and_what_runs_away_is_infinite():
    paths = flow_paths(np.array([0.5, 0.6, 0.0, 0.1]), np.array([0.0, 1e5]), 0.1, -0.1)
    assert paths[1].tolist() == [0.5, np.inf, 0.0, 0.0]
    assert time_to_zero(np.array([0.5, 0.6, 0.0]), 0.1, -0.1).tolist() == [np.inf, np.inf, 0.0]


def test_without_a_push_the_time_is_the_size_over_lambda():
    assert time_to_zero(np.array([0.2]), 0.1, 0.0)[0] == pytest.approx(2.0)


@pytest.mark.parametrize(("l1", "l2"), STRENGTHS)
@pytest.mark.parametrize("rate", [1e-3, 0.05])
def test_adam_is_torchs(l1, l2, rate):
    starts = np.array([0.05, 0.2, 0.49, 0.6, -0.7])
    weights = torch.nn.Parameter(torch.from_numpy(starts.copy())[None])
    optimizer = torch.optim.Adam([weights], lr=rate)
    strengths = {"l1": torch.tensor([l1], dtype=torch.float64), "l2": torch.tensor([l2], dtype=torch.float64)}
    expected = [starts]
    for _ in range(60):
        optimizer.zero_grad()
        penalty(weights, strengths).sum().backward()
        optimizer.step()
        expected.append(weights.detach().numpy()[0].copy())
    np.testing.assert_allclose(adam_paths(starts, 60, rate, l1, l2), expected, rtol=1e-8, atol=1e-12)


@pytest.mark.parametrize("scale", [0.01, 1.0])
def test_adam_goes_by_the_learning_rate_and_not_by_the_force(scale):
    """Strengths that are 100 times weaker give the same paths, outward and inward."""
    paths = adam_paths(np.array([0.2, 0.8]), 300, 1e-3, 0.1 * scale, -0.1 * scale)
    np.testing.assert_allclose(np.abs(np.diff(paths[:100], axis=0)).mean(axis=0), 1e-3, rtol=0.2)
    assert np.abs(paths[200:, 0]).max() < 0.004 and paths[-1, 1] > 1.05
