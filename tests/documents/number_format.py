"""How the documents print numbers."""

from collections.abc import Sequence

from engine.robustness.statistics import PairedSeeds, SeedSummary, paired_seeds, summarize_seeds


def signed(value: float, digits: int) -> str:
    """Such as "+0.557" or "−0.009"."""
    return f"{value:+.{digits}f}".replace("-", "−")


def mean_and_spread(values: Sequence[float], digits: int, scale: float = 1.0) -> str:
    """Such as "0.872 ± 0.009"; without the spread for one value, or when all values are 0."""
    if not any(values):
        return "0"
    found: SeedSummary = summarize_seeds([scale * value for value in values])
    return f"{found.mean:.{digits}f}" + ("" if found.std is None else f" ± {found.std:.{digits}f}")


def difference(first: Sequence[float], second: Sequence[float], digits: int) -> str:
    """Such as "+0.557 [+0.473, +0.642]", over the same seeds of both."""
    return difference_of(paired_seeds(first, second), digits)


def difference_of(found: PairedSeeds, digits: int, scale: float = 1.0) -> str:
    """The same of a difference that is known already."""
    if found.low is None or found.high is None:
        return signed(scale * found.difference, digits)
    low, high = (signed(scale * value, digits) for value in (found.low, found.high))
    return f"{signed(scale * found.difference, digits)} [{low}, {high}]"
