"""Faults: what is done to a laboratory, how often, and what was lost."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice

from tests.torture.bench import Bench

LEAST_TRIES = 20

Attempt = Callable[[], object]
"""One try, which raises if something is lost."""

FAULTS: dict[str, "Fault"] = {}


@dataclass
class Tally:
    """Tries of one fault, and a sentence for each loss."""

    name: str
    tries: int = 0
    losses: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Fault:
    """One fault.

    attempts: yields tries, any number of them; what it does before the first is common to all.
    """

    name: str
    tries: int
    attempts: Callable[[Bench], Iterator[Attempt]]

    def run(self, bench: Bench, tries: int | None = None) -> Tally:
        """Try the fault, `tries` times or as often as it says, and count what was lost."""
        tally = Tally(self.name)
        attempts = self.attempts(bench)
        for attempt in islice(attempts, self.tries if tries is None else tries):
            tally.tries += 1
            try:
                attempt()
            except Exception as error:
                tally.losses.append(f"try {tally.tries}: {type(error).__name__}: {error}")
            bench.clear()
        attempts.close()
        tally.losses += bench.end_processes()
        return tally


def fault(name: str, tries: int = LEAST_TRIES) -> Callable[[Callable[[Bench], Iterator[Attempt]]], Fault]:
    """Register a function that yields the tries of a fault."""

    def register(attempts: Callable[[Bench], Iterator[Attempt]]) -> Fault:
        FAULTS[name] = Fault(name, tries, attempts)
        return FAULTS[name]

    return register
