"""Statements: parts of a claim, each about one difference between two variants, and whether runs bear them out."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from engine.paper.evidence import Values
from engine.robustness.statistics import PairedSeeds, paired_seeds

Verdict = Literal["supported", "contradicted", "not enough runs"]
Unit = Literal["nats", "weights", "points"]

Region = tuple[float | None, float | None]
"""Where a difference has to lie, from and to; None is no limit."""

ABOVE: Region = (0.0, None)


@dataclass(frozen=True)
class Statement:
    """One part of a claim.

    words: what would have to be true. unit: of the difference; accuracies are fractions, shown in points.
    difference: over the seeds both variants have, None without one. region: where the words say that it lies.
    run_ids: behind it. note: what else is to be known, e.g. which check failed.
    """

    words: str
    verdict: Verdict
    unit: Unit | None = None
    difference: PairedSeeds | None = None
    region: Region | None = None
    run_ids: tuple[str, ...] = ()
    note: str = ""


def judged_statement(words: str, first: Values, second: Values, unit: Unit, region: Region) -> Statement:
    """That the difference of the first from the second lies in the region, over the seeds both have."""
    seeds = sorted(first.by_seed.keys() & second.by_seed.keys())
    ids = tuple(values.run_ids[seed] for seed in seeds for values in (first, second))
    ours, theirs = ([values.by_seed[seed] for seed in seeds] for values in (first, second))
    difference = paired_seeds(ours, theirs) if seeds else None
    return Statement(words, _verdict(difference, region), unit, difference, region, ids)


def above(words: str, first: Values, second: Values, unit: Unit) -> Statement:
    """That the first is larger."""
    return judged_statement(words, first, second, unit, ABOVE)


def _verdict(difference: PairedSeeds | None, region: Region) -> Verdict:
    """Supported where the whole interval lies in the region, contradicted where none of it does."""
    if difference is None or difference.low is None or difference.high is None:
        return "not enough runs"
    low, high = (-math.inf if region[0] is None else region[0], math.inf if region[1] is None else region[1])
    if low < difference.low and difference.high < high:
        return "supported"
    return "contradicted" if difference.high < low or difference.low > high else "not enough runs"
