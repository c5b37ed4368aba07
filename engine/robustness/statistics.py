"""Uncertainty of results: intervals of accuracies, paired differences over images and over seeds. No torch."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any, overload

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

CONFIDENCE = 0.95


@dataclass(frozen=True)
class PairedDifference:
    """Comparison of two models on the same n images.

    only_first, only_second: number of images that only this model classifies correctly.
    difference: accuracy of the first minus that of the second; low, high: its interval at `confidence`.
    p_value: p-value of the hypothesis that both models have the same accuracy.
    """

    n: int
    only_first: int
    only_second: int
    difference: float
    low: float
    high: float
    p_value: float
    confidence: float = CONFIDENCE

    @property
    def within_noise(self) -> bool:
        """True unless the p-value is below 1 - confidence and the interval excludes 0.

        Both are required, since the test is exact and the interval is not: they can disagree in borderline cases. A
        difference counts only if it agrees with both numbers that are shown with it.
        """
        return self.p_value >= 1 - self.confidence or self.low <= 0 <= self.high


@dataclass(frozen=True)
class SeedSummary:
    """Summary of a number over n seeds.

    std: with n - 1 in the denominator; None for one seed.
    low, high: t interval of the mean; None without spread: for one seed, or if all values are equal.
    """

    n: int
    mean: float
    std: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True)
class PairedSeeds:
    """Difference of a number between two configurations, over n seeds used by both.

    difference: mean of first minus second; std: of the differences, with n - 1 in the denominator; None for one seed.
    low, high, p_value: paired t-test. None without spread: for one seed, or if all differences are equal, which happens
        by chance for few seeds, since accuracies are multiples of 1 / images. If all are 0, the p-value is 1.
    """

    n: int
    difference: float
    std: float | None
    low: float | None
    high: float | None
    p_value: float | None
    confidence: float = CONFIDENCE

    @property
    def within_noise(self) -> bool | None:
        """Whether the p-value is at least 1 - confidence, so that the interval contains 0; None without a p-value."""
        return None if self.p_value is None else self.p_value >= 1 - self.confidence


@overload
def wilson_interval(  # pyright: ignore[reportOverlappingOverload]  # an int is an ArrayLike too
    successes: int, n: int, confidence: float = CONFIDENCE
) -> tuple[float, float]: ...
@overload
def wilson_interval(
    successes: ArrayLike, n: ArrayLike, confidence: float = CONFIDENCE
) -> tuple[np.ndarray, np.ndarray]: ...
def wilson_interval(successes, n, confidence=CONFIDENCE):
    """Interval of a proportion p = successes / n (Wilson 1927, without continuity correction).

        (p + z²/2n ± z √(p(1 − p)/n + z²/4n²)) / (1 + z²/n),  z the normal quantile of (1 + confidence) / 2

    Args:
        successes, n: counts, broadcast against each other.

    Returns:
        low, high in [0, 1] with low <= p <= high; low is 0 without successes, high is 1 without failures, exactly.

    Raises:
        ValueError: n below 1, successes outside [0, n], or confidence outside (0, 1).
    """
    counts, sizes = np.asarray(successes, np.float64), np.asarray(n, np.float64)
    if not (np.all(sizes >= 1) and np.all(counts >= 0) and np.all(counts <= sizes) and np.all(counts % 1 == 0)):
        raise ValueError(f"successes must be whole numbers in [0, n] and n at least 1, got {successes} of {n}")
    _quantile(confidence)
    low, high = np.vectorize(partial(_wilson, confidence), otypes=[float, float])(counts, sizes)
    return (low, high) if low.ndim else (float(low), float(high))


def _wilson(confidence: float, successes: float, n: float) -> tuple[float, float]:
    from scipy import stats  # takes two seconds to load, and only intervals need it

    # With the observed share as hypothesis, no p-value is searched for, which is not needed here.
    test = stats.binomtest(int(successes), int(n), successes / n)
    interval = test.proportion_ci(confidence, method="wilson")
    return float(interval.low), float(interval.high)


def paired_difference(first: np.ndarray, second: np.ndarray, confidence: float = CONFIDENCE) -> PairedDifference:
    """Compare two models image by image; only images on which they disagree matter.

        p-value   min(1, 2 P[X <= min(b, c)]),  X ~ Binomial(b + c, 1/2)                 (McNemar 1947, exact)
        interval  p₁ − p₂ ± z √((p₁ + p₂ − (p₁ − p₂)²) / (n + 2)),  cut to [−1, 1]       (Bonett & Price 2012)
                  p₁ = (b + 1) / (n + 2),  p₂ = (c + 1) / (n + 2)

    b is `only_first`, c is `only_second`.

    Args:
        first, second: (n,) bool, whether each image is classified correctly; same images in the same order.

    Raises:
        ValueError: arrays not bool, of different length or empty, or confidence outside (0, 1).
    """
    if first.dtype != bool or second.dtype != bool or first.ndim != 1 or first.shape != second.shape or not first.size:
        found = f"{first.dtype} {first.shape} and {second.dtype} {second.shape}"
        raise ValueError(f"expected two bool arrays of the same shape (n,), n at least 1, got {found}")
    from scipy import stats  # takes two seconds to load

    n, b, c = len(first), int((first & ~second).sum()), int((second & ~first).sum())
    p1, p2 = (b + 1) / (n + 2), (c + 1) / (n + 2)
    half = float(special.ndtri(_quantile(confidence))) * np.sqrt((p1 + p2 - (p1 - p2) ** 2) / (n + 2))
    return PairedDifference(
        n=n,
        only_first=b,
        only_second=c,
        difference=(b - c) / n,
        low=max(-1.0, float(p1 - p2 - half)),
        high=min(1.0, float(p1 - p2 + half)),
        p_value=float(stats.binomtest(min(b, c), b + c, 0.5).pvalue) if b + c else 1.0,
        confidence=confidence,
    )


def summarize_seeds(values: Sequence[float], confidence: float = CONFIDENCE) -> SeedSummary:
    """Mean, spread, and the mean's t interval `mean ± t std / √n`, t of n - 1 degrees of freedom (Student 1908).

    Raises:
        ValueError: no values, a value that is not finite, or confidence outside (0, 1).
    """
    mean, std, low, high, _ = _t_test(_finite(values), np.zeros(len(values)), confidence)
    return SeedSummary(len(values), mean, std, low, high)


def paired_seeds(first: Sequence[float], second: Sequence[float], confidence: float = CONFIDENCE) -> PairedSeeds:
    """Paired t-test over seeds (Student 1908): t = mean √n / std of the differences, n - 1 degrees of freedom.

    Args:
        first, second: one number per seed; same seeds in the same order.

    Raises:
        ValueError: different lengths, no values, a value that is not finite, or confidence outside (0, 1).
    """
    if len(first) != len(second):
        raise ValueError(f"expected the same number of values of both, got {len(first)} and {len(second)}")
    return PairedSeeds(len(first), *_t_test(_finite(first), _finite(second), confidence), confidence)


def _t_test(
    first: np.ndarray, second: np.ndarray, confidence: float
) -> tuple[float, float | None, float | None, float | None, float | None]:
    """Mean, standard deviation, low, high and p-value of the differences; None where they need spread."""
    return _t_test_of(tuple(first.tolist()), tuple(second.tolist()), confidence)


@lru_cache(maxsize=4096)  # one takes a millisecond, and pages show hundreds at every rerun
def _t_test_of(
    of_first: tuple[float, ...], of_second: tuple[float, ...], confidence: float
) -> tuple[float, float | None, float | None, float | None, float | None]:
    _quantile(confidence)
    first, second = np.array(of_first), np.array(of_second)
    differences = first - second
    n, mean = len(differences), float(differences.mean())
    if n == 1:
        return mean, None, None, None, None
    rounding = 1e-12 * max(np.abs(first).max(), np.abs(second).max())
    if np.ptp(differences) <= rounding:
        return mean, 0.0, None, None, 1.0 if abs(mean) <= rounding else None
    from scipy import stats  # takes two seconds to load

    test: Any = stats.ttest_1samp(differences, 0.0)  # typed as a plain tuple
    interval = test.confidence_interval(confidence)
    return mean, float(differences.std(ddof=1)), float(interval.low), float(interval.high), float(test.pvalue)


def _finite(values: Sequence[float]) -> np.ndarray:
    array = np.asarray(values, np.float64)
    if array.ndim != 1 or not array.size or not np.isfinite(array).all():
        raise ValueError(f"expected one or more finite values, got {values}")
    return array


def _quantile(confidence: float) -> float:
    """Probability at the upper end of a two-sided interval."""
    if not 0 < confidence < 1:
        raise ValueError(f"confidence must be in (0, 1), got {confidence}")
    return (1 + confidence) / 2
