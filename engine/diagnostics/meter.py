"""Meter: the fraction done of work whose parts are planned. No torch."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

Report = Callable[[float], None]


class Meter:
    """Parts in any order, each at most once; a part that is left out is work that nobody waits for.

    plan: part -> its cost, in any unit.
    progress: called with the fraction done in [0, 1]; what it raises goes through.
    """

    def __init__(self, plan: Mapping[str, float], progress: Report | None) -> None:
        self._plan, self._total, self._progress = plan, sum(plan.values()), progress
        self._done = 0.0

    @contextmanager
    def part(self, name: str) -> Iterator[Report]:
        """Takes the fraction done of this part."""
        start, cost = self._done, self._plan[name]

        def report(fraction: float) -> None:
            if self._progress is not None:
                self._progress((start + cost * fraction) / self._total)

        yield report
        self._done = start + cost


def slice_of(report: Report, index: int, count: int) -> Report:
    """Takes the fraction done of one of `count` equal slices of a part."""
    return lambda fraction: report((index + fraction) / count)
