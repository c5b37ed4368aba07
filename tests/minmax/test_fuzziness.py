"""Fuzziness and related measures against the formulas of the paper, computed by hand in float64."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from engine.minmax.fuzziness import fuzziness, membership, min_max_measure, near_zero_count

LN2 = math.log(2.0)
FINITE = hnp.arrays(np.float64, st.integers(1, 30), elements=st.floats(-1e300, 1e300))
ORDINARY = hnp.arrays(np.float64, st.integers(1, 30), elements=st.floats(-50, 50))


def by_hand(weights) -> float:
    """Eq. 14 term by term; x ln x is 0 at 0."""
    total = 0.0
    for weight in weights:
        rho = 1.0 / (1.0 + abs(float(weight)))
        total -= sum(p * math.log(p) for p in (rho, 1.0 - rho) if p > 0.0)
    return total / len(weights)


@pytest.mark.parametrize(("weight", "rho"), [(0.0, 1.0), (1.0, 0.5), (-1.0, 0.5), (3.0, 0.25), (-0.25, 0.8)])
def test_membership_is_eq_15(weight, rho):
    assert membership(np.array([weight])) == pytest.approx([rho], rel=1e-15)


@pytest.mark.parametrize(
    ("weights", "expected"),
    [
        ([0.0, 0.0], 0.0),
        ([1.0, -1.0, 1.0], LN2),
        ([1.0, 0.0], LN2 / 2),
        ([3.0], 0.25 * math.log(4.0) + 0.75 * math.log(4.0 / 3.0)),
        ([1e300], 0.0),
        ([1e-300], 0.0),
        ([5e-324], 0.0),
    ],
)
def test_fuzziness_in_closed_form(weights, expected):
    assert fuzziness(np.array(weights)) == pytest.approx(expected, rel=1e-12, abs=1e-290)


def test_fuzziness_of_a_reciprocal_is_the_same():
    """rho(1 / |w|) = 1 - rho(|w|), and the entropy of both is equal."""
    weights = np.geomspace(1e-3, 1e3, 13)
    np.testing.assert_allclose(fuzziness(weights[:, None]), fuzziness(1.0 / weights[:, None]), rtol=1e-9)


def test_fuzziness_rises_to_one_and_falls_after():
    values = fuzziness(np.linspace(0.0, 1.0, 101)[:, None])
    assert (np.diff(values) > 0).all()
    assert (np.diff(fuzziness(np.linspace(1.0, 50.0, 101)[:, None])) < 0).all()


@given(ORDINARY)
def test_fuzziness_is_the_sum_written_out(weights):
    assert fuzziness(weights) == pytest.approx(by_hand(weights), rel=1e-9, abs=1e-12)


@given(FINITE)
def test_fuzziness_is_bounded_and_blind_to_sign(weights):
    value = fuzziness(weights)
    assert 0.0 <= value <= LN2 * (1 + 1e-12)
    assert value == fuzziness(-weights) == fuzziness(np.abs(weights))


@given(ORDINARY, st.randoms(use_true_random=False))
def test_fuzziness_does_not_depend_on_order(weights, random):
    shuffled = weights.copy()
    random.shuffle(shuffled)
    assert fuzziness(shuffled) == pytest.approx(fuzziness(weights), rel=1e-12)


def test_each_member_has_its_own_value():
    weights = np.array([[[1.0, 1.0], [0.0, 0.0]], [[0.0, 1.0], [3.0, 3.0]]])
    expected = [[LN2, 0.0], [LN2 / 2, by_hand([3.0])]]
    np.testing.assert_allclose(fuzziness(weights), expected, rtol=1e-12)
    assert min_max_measure(weights).tolist() == [[0.0, 0.0], [0.0, -12.0]]
    assert near_zero_count(weights).tolist() == [[0, 2], [1, 0]]


def test_float32_and_float16_are_computed_in_float64():
    weights = np.array([0.1, -0.01, 2.5, 1e-4])
    for kind in (np.float32, np.float16):
        rounded = weights.astype(kind)
        assert fuzziness(rounded).dtype == np.float64
        assert fuzziness(rounded) == pytest.approx(by_hand(rounded), rel=1e-13)
        assert min_max_measure(rounded) == pytest.approx(sum(abs(w) - w * w for w in map(float, rounded)), rel=1e-13)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_is_refused(bad):
    for measure in (fuzziness, membership):
        with pytest.raises(ValueError, match="finite"):
            measure(np.array([0.5, bad]))


@pytest.mark.parametrize(
    ("weights", "expected"),
    [([0.0, 1.0, -1.0], 0.0), ([0.5], 0.25), ([-0.5, 0.5], 0.5), ([2.0], -2.0), ([0.25, -3.0], 0.1875 - 6.0)],
)
def test_min_max_measure_is_l1_less_squared_l2(weights, expected):
    assert min_max_measure(np.array(weights)) == expected


def test_min_max_measure_is_largest_at_one_half():
    grid = np.linspace(-1.0, 1.0, 201)
    values = min_max_measure(grid[:, None])
    assert sorted(grid[values == values.max()].round(12).tolist()) == [-0.5, 0.5]


def test_near_zero_is_strictly_below_the_threshold():
    weights = np.array([0.0, -0.0099, 0.01, -0.01, 0.0101, 0.5])
    assert near_zero_count(weights) == 2
    assert near_zero_count(weights, threshold=0.02) == 5
    assert near_zero_count(weights, threshold=0.0) == 0
    assert np.issubdtype(near_zero_count(weights).dtype, np.integer)
