"""Statements: parts of a claim, each about one difference between two variants, and their verdicts."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from engine.paper.evidence import Values
from engine.robustness.statistics import PairedSeeds, paired_seeds

Verdict = Literal["supported", "contradicted", "not decided"]
Unit = Literal["nats", "weights", "points"]

Region = tuple[float | None, float | None]
"""Range of a difference, lower and upper limit; None means no limit."""

ABOVE: Region = (0.0, None)


@dataclass(frozen=True)
class Statement:
    """One part of a claim.

    words: the statement as text.
    unit: unit of the difference; accuracies are fractions, shown in points.
    difference: difference over the seeds that both variants have; None without a common seed.
    region: range of the difference in which the statement is true.
    run_ids: ids of the compared runs.
    note: further information, e.g. the check that failed.
    """

    words: str
    verdict: Verdict
    unit: Unit | None = None
    difference: PairedSeeds | None = None
    region: Region | None = None
    run_ids: tuple[str, ...] = ()
    note: str = ""


def judged_statement(words: str, first: Values, second: Values, unit: Unit, region: Region) -> Statement:
    """Statement that the first minus the second is in the region, over the seeds that both have."""
    seeds = sorted(first.by_seed.keys() & second.by_seed.keys())
    ids = tuple(values.run_ids[seed] for seed in seeds for values in (first, second))
    ours, theirs = ([values.by_seed[seed] for seed in seeds] for values in (first, second))
    difference = paired_seeds(ours, theirs) if seeds else None
    return Statement(words, _verdict(difference, region), unit, difference, region, ids)


def above(words: str, first: Values, second: Values, unit: Unit) -> Statement:
    """Statement that the first is larger than the second."""
    return judged_statement(words, first, second, unit, ABOVE)


def _verdict(difference: PairedSeeds | None, region: Region) -> Verdict:
    """Supported if the whole interval is in the region, contradicted if none of it is, else not decided."""
    if difference is None or difference.low is None or difference.high is None:
        return "not decided"
    low, high = (-math.inf if region[0] is None else region[0], math.inf if region[1] is None else region[1])
    if low < difference.low and difference.high < high:
        return "supported"
    return "contradicted" if difference.high < low or difference.low > high else "not decided"
