"""Meter: progress of work with planned parts. No torch."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

Progress = Callable[[float, str], None]
"""Function of the fraction done, in [0, 1], and a message; an exception it raises ends the work."""

Report = Callable[[float], None]
"""Function of the fraction done of one part of the work."""


def unreported(fraction: float, message: str = "") -> None:
    """Progress or Report that does nothing."""


class Meter:
    """Progress over parts in any order, each at most once; parts can be left out.

    plan: name of each part -> its cost, in any unit.
    """

    def __init__(self, plan: Mapping[str, float], progress: Progress) -> None:
        self._plan, self._total, self._progress = plan, sum(plan.values()), progress
        self._done = 0.0

    @contextmanager
    def part(self, name: str, message: str) -> Iterator[Report]:
        """Context whose value reports the fraction done of this part."""
        start, cost = self._done, self._plan[name]

        def report(fraction: float) -> None:
            self._progress((start + cost * fraction) / self._total, message)

        yield report
        self._done = start + cost


def slice_of(report: Report, index: int, count: int) -> Report:
    """Report of one of `count` equal slices of a part."""
    return lambda fraction: report((index + fraction) / count)
