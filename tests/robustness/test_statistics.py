"""Intervals and paired tests against scipy.stats, closed forms and properties."""

import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import stats

from engine.robustness.statistics import (
    PairedDifference,
    PairedSeeds,
    paired_difference,
    paired_seeds,
    summarize_seeds,
    wilson_interval,
)

ROOT = Path(__file__).parents[2]
CONFIDENCES = st.floats(0.5, 0.999)
ACCURACIES = st.lists(st.integers(0, 1000).map(lambda count: count / 1000), min_size=2, max_size=8)


def disagreeing(n: int, only_first: int, only_second: int, both: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Two (n,) bool arrays with these counts, in a mixed order."""
    first, second = np.zeros(n, bool), np.zeros(n, bool)
    first[:only_first] = True
    second[only_first : only_first + only_second] = True
    first[n - both :] = second[n - both :] = True
    order = np.random.default_rng(n).permutation(n)
    return first[order], second[order]


@st.composite
def counts(draw) -> tuple[int, int]:
    n = draw(st.integers(1, 20_000))
    return draw(st.integers(0, n)), n


# Wilson


@pytest.mark.parametrize("confidence", [0.5, 0.9, 0.95, 0.999])
@pytest.mark.parametrize(("k", "n"), [(0, 1), (1, 1), (0, 10), (3, 7), (50, 100), (999, 1000), (10_000, 10_000)])
def test_wilson_is_that_of_scipy(k, n, confidence):
    expected = stats.binomtest(k, n).proportion_ci(confidence, method="wilson")
    assert wilson_interval(k, n, confidence) == pytest.approx((expected.low, expected.high), abs=1e-12)


def test_wilson_by_hand():
    z2 = 1.959963984540054**2
    assert wilson_interval(0, 10) == pytest.approx((0.0, z2 / (10 + z2)), rel=1e-12)
    half = math.sqrt(z2) * 0.5 / math.sqrt(100 + z2)
    assert wilson_interval(50, 100) == pytest.approx((0.5 - half, 0.5 + half), rel=1e-12)


@settings(deadline=None)
@given(counts(), CONFIDENCES)
def test_wilson_holds_the_proportion_within_bounds_and_mirrors(count, confidence):
    k, n = count
    low, high = wilson_interval(k, n, confidence)
    assert 0 <= low <= k / n <= high <= 1
    assert high - low > 0
    mirrored = wilson_interval(n - k, n, confidence)
    assert (1 - mirrored[1], 1 - mirrored[0]) == pytest.approx((low, high), abs=1e-12)
    assert (low == 0) == (k == 0) and (high == 1) == (k == n)


@settings(deadline=None)
@given(counts(), st.integers(2, 50), CONFIDENCES, CONFIDENCES)
def test_wilson_narrows_with_images_and_widens_with_confidence(count, times, one, other):
    k, n = count
    low, high = wilson_interval(k, n)
    more = wilson_interval(k * times, n * times)
    assert more[1] - more[0] < high - low
    narrow, wide = (np.diff(wilson_interval(k, n, confidence))[0] for confidence in sorted((one, other)))
    assert narrow <= wide + 1e-12


def test_wilson_of_arrays_is_that_of_each():
    low, high = wilson_interval([0, 3, 7], 7)
    assert low.shape == high.shape == (3,)
    assert [(low[i], high[i]) for i in range(3)] == [wilson_interval(k, 7) for k in (0, 3, 7)]
    assert wilson_interval(np.array([[1], [2]]), np.array([4, 5, 6]))[0].shape == (2, 3)
    assert type(wilson_interval(1, 2)[0]) is float, "json knows no numpy"


@pytest.mark.parametrize(
    "arguments",
    [(0, 0), (-1, 5), (6, 5), ([1, 6], 5), (float("nan"), 5), (1, float("nan")), (1, 5, 0.0), (1, 5, 1.0), (1, 5, 95)],
)
def test_wilson_of_nonsense(arguments):
    with pytest.raises(ValueError):
        wilson_interval(*arguments)


# two models on the same images


@pytest.mark.parametrize(("b", "c"), [(0, 1), (1, 1), (5, 0), (6, 0), (8, 3), (10, 2), (24, 12), (30, 31), (400, 300)])
def test_p_is_the_exact_binomial_one(b, c):
    found = paired_difference(*disagreeing(1000, b, c, both=100))
    assert (found.n, found.only_first, found.only_second) == (1000, b, c)
    assert found.p_value == pytest.approx(stats.binomtest(b, b + c, 0.5).pvalue, rel=1e-10)
    assert found.difference == pytest.approx((b - c) / 1000)


def test_paired_difference_by_hand():
    found = paired_difference(*disagreeing(8, 3, 1, both=2))
    variance = (4 / 10 + 2 / 10 - (2 / 10) ** 2) / 10
    half = 1.959963984540054 * math.sqrt(variance)
    assert found.p_value == pytest.approx(2 * (1 + 4) / 16)
    assert (found.low, found.high) == pytest.approx((0.2 - half, 0.2 + half), rel=1e-12)
    assert found.difference == 0.25


def test_images_on_which_both_agree_move_no_p_value():
    few, many = (paired_difference(*disagreeing(n, 9, 2)) for n in (11, 5000))
    assert few.p_value == many.p_value
    assert many.high - many.low < few.high - few.low


def test_equal_models_differ_by_nothing():
    verdicts = np.array([True, False, True])
    found = paired_difference(verdicts, verdicts.copy())
    assert (found.difference, found.p_value, found.within_noise) == (0, 1, True)
    assert found.low == -found.high < 0


def test_differences_stay_between_minus_one_and_one():
    found = paired_difference(np.ones(1, bool), np.zeros(1, bool))
    assert (found.difference, found.high) == (1, 1) and found.low < 0 and found.within_noise


@settings(deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=200), st.floats(0.8, 0.999))
def test_swapping_the_models_negates(pairs, confidence):
    first, second = np.array(pairs).T
    found, swapped = paired_difference(first, second, confidence), paired_difference(second, first, confidence)
    assert (swapped.only_first, swapped.only_second) == (found.only_second, found.only_first)
    assert (swapped.difference, swapped.p_value) == (-found.difference, found.p_value)
    assert (swapped.low, swapped.high) == pytest.approx((-found.high, -found.low), abs=1e-15)
    assert swapped.within_noise == found.within_noise
    assert found.difference == pytest.approx(first.mean() - second.mean())
    assert -1 <= found.low <= found.difference + 1e-12 and found.difference <= found.high + 1e-12 <= 1 + 1e-12
    assert 0 < found.p_value <= 1


def test_the_interval_covers_and_the_test_is_level():
    """Sums over all tables of discordant pairs for n = 40 with their probabilities, without simulation."""
    n, p1, p2 = 40, 0.15, 0.05
    truth, covered, total = p1 - p2, 0.0, 0.0
    for b in range(n + 1):
        for c in range(n + 1 - b):
            chance = stats.multinomial.pmf([b, c, n - b - c], n, [p1, p2, 1 - p1 - p2])
            found = paired_difference(*disagreeing(n, b, c)) if chance > 1e-7 else None
            total += chance if found else 0
            covered += chance if found and found.low <= truth <= found.high else 0
    assert total > 0.999
    assert 0.93 < covered / total < 0.985


@pytest.mark.parametrize(
    ("p_value", "low", "expected"),
    [(0.04, 0.01, False), (0.04, -0.01, True), (0.04, 0.0, True), (0.06, 0.01, True), (0.06, -0.01, True)],
)
def test_a_difference_needs_both_the_test_and_the_interval(p_value, low, expected):
    found = PairedDifference(100, 9, 3, 0.06, low, 0.11, p_value)
    assert found.within_noise is expected
    mirrored = PairedDifference(100, 3, 9, -0.06, -0.11, -low, p_value)
    assert mirrored.within_noise is expected


def test_test_and_interval_can_disagree():
    found = paired_difference(*disagreeing(1000, 40, 24))
    assert found.low > 0 and found.p_value > 0.05 and found.within_noise


def test_noise_is_judged_at_the_confidence_of_the_interval():
    arrays = disagreeing(1000, 10, 2)
    assert not paired_difference(*arrays).within_noise
    assert paired_difference(*arrays, confidence=0.99).within_noise


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (np.zeros(0, bool), np.zeros(0, bool)),
        (np.zeros(3, bool), np.zeros(4, bool)),
        (np.zeros(3, int), np.zeros(3, bool)),
        (np.zeros((3, 1), bool), np.zeros((3, 1), bool)),
    ],
)
def test_what_cannot_be_paired(first, second):
    with pytest.raises(ValueError, match="bool"):
        paired_difference(first, second)


# seeds


@settings(deadline=None)
@given(ACCURACIES, ACCURACIES, CONFIDENCES)
def test_seeds_are_compared_as_scipy_does(first, second, confidence):
    first, second = zip(*zip(first, second, strict=False), strict=True)
    assume(np.ptp(np.subtract(first, second)) > 1e-6)
    found, expected = paired_seeds(first, second, confidence), stats.ttest_rel(first, second)
    interval = expected.confidence_interval(confidence)
    assert found.p_value == pytest.approx(expected.pvalue, rel=1e-8, abs=1e-14)
    assert (found.low, found.high) == pytest.approx((interval.low, interval.high), rel=1e-8, abs=1e-10)
    assert found.difference == pytest.approx(np.mean(first) - np.mean(second))
    assert found.std == pytest.approx(np.std(np.subtract(first, second), ddof=1))
    swapped = paired_seeds(second, first, confidence)
    assert swapped.difference == pytest.approx(-found.difference)
    assert (swapped.low, swapped.high) == pytest.approx((-found.high, -found.low))
    assert swapped.within_noise == found.within_noise


def test_two_seeds_by_hand():
    """With one degree of freedom, Student's t is Cauchy's distribution: t = tan(π/2 · 0.95), p = 1 − 2/π · atan t."""
    found = paired_seeds([0.5, 0.7], [0.4, 0.4])
    error = np.std([0.1, 0.3], ddof=1) / math.sqrt(2)
    assert error == pytest.approx(0.1)
    assert found.p_value == pytest.approx(1 - 2 / math.pi * math.atan(2))
    assert found.high - found.low == pytest.approx(2 * math.tan(math.pi / 2 * 0.95) * error)
    assert found.within_noise is True and found.difference == pytest.approx(0.2)


def test_what_all_seeds_show_is_not_noise():
    found = paired_seeds([0.91, 0.92, 0.93], [0.51, 0.49, 0.55])
    assert found.within_noise is False and found.low > 0


@settings(deadline=None)
@given(ACCURACIES, ACCURACIES, CONFIDENCES)
def test_noise_over_seeds_is_an_interval_with_zero(first, second, confidence):
    first, second = zip(*zip(first, second, strict=False), strict=True)
    found = paired_seeds(first, second, confidence)
    if found.low is not None:
        assert found.low <= found.difference <= found.high
        if abs(found.p_value - (1 - confidence)) > 1e-9:
            assert found.within_noise == (found.low <= 0 <= found.high)


def test_one_seed_gives_a_difference_and_nothing_more():
    assert paired_seeds([0.9], [0.7]) == PairedSeeds(1, pytest.approx(0.2), None, None, None, None)
    assert paired_seeds([0.9], [0.7]).within_noise is None
    summary = summarize_seeds([0.9])
    assert (summary.n, summary.mean, summary.std, summary.low, summary.high) == (1, 0.9, None, None, None)


def test_seeds_without_spread_prove_nothing():
    assert 0.3 - 0.2 != 0.2 - 0.1, "equal but for rounding"
    alike = paired_seeds([0.3, 0.2], [0.2, 0.1])
    assert (alike.std, alike.low, alike.high, alike.p_value, alike.within_noise) == (0, None, None, None, None)
    assert alike.difference == pytest.approx(0.1)
    same = paired_seeds([0.962, 0.951, 0.0], [0.962, 0.951, 0.0])
    assert (same.difference, same.std, same.p_value, same.within_noise) == (0, 0, 1, True)
    assert paired_seeds([0.0, 0.0], [0.0, 0.0]).within_noise is True
    summary = summarize_seeds([0.5, 0.5])
    assert (summary.mean, summary.std, summary.low, summary.high) == (0.5, 0, None, None)


def test_a_summary_is_mean_deviation_and_t_interval():
    values = [0.90, 0.94, 0.95, 0.91]
    found = summarize_seeds(values)
    interval = stats.ttest_1samp(values, 0.0).confidence_interval(0.95)
    assert (found.n, found.mean) == (4, pytest.approx(0.925))
    assert found.std == pytest.approx(math.sqrt(sum((value - 0.925) ** 2 for value in values) / 3))
    assert (found.low, found.high) == pytest.approx((interval.low, interval.high), rel=1e-10)


@pytest.mark.parametrize("values", [[], [float("nan")], [0.5, float("inf")]])
def test_what_cannot_be_summarized(values):
    with pytest.raises(ValueError, match="finite"):
        summarize_seeds(values)
    with pytest.raises(ValueError, match="finite"):
        paired_seeds(values, [0.5] * len(values))


def test_seeds_of_different_number():
    with pytest.raises(ValueError, match="2 and 1"):
        paired_seeds([0.5, 0.6], [0.5])


def test_pages_import_it_quickly():
    code = "import sys, engine.robustness.statistics; sys.exit(bool({'torch', 'scipy.stats'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT).returncode == 0
