"""Comparison of runs with a reference: image by image, or over seeds if both have several. No torch."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from engine.measurements.evaluation.survivors import WORST_CASE, read_survivors
from engine.queue.overview import RunOverview
from engine.robustness.statistics import (
    PairedDifference,
    PairedSeeds,
    paired_difference,
    paired_seeds,
    summarize_seeds,
    wilson_interval,
)
from engine.runs.store import RunStore
from engine.studies.pairing import pair_up

NOISE_RULE = (
    "Within noise: the 95 % interval of the difference contains 0, or its p-value is 0.05 or more. For two runs, "
    "both are computed over the images (interval of Bonett and Price, exact McNemar test) and hold for these two "
    "networks only. For several seeds, both are computed over the seeds (paired t-test) and hold for the way of "
    "training. Each row is tested separately: of twenty without a true difference, about one will seem to have one."
)

Survivors = Mapping[str, np.ndarray]
"""Column ("none", an attack's name, "worst case") -> (n,) bool: still classified correctly."""


@dataclass(frozen=True)
class GroupDifference:
    """Difference between two groups of seeds in one column.

    over_seeds: difference of the accuracies, over the seeds that both have.
    by_seed: seed -> difference between the two runs with this seed, over images.
    """

    over_seeds: PairedSeeds
    by_seed: dict[int, PairedDifference]


@dataclass(frozen=True)
class Contrast:
    """Comparison of a run, or of the seeds of one configuration, with the reference in one column of survivors.

    run_ids, reference_ids: the compared runs, paired in order; several runs are seeds of one configuration.
    n: number of images.
    low, high, reference_low, reference_high: interval of each accuracy: Wilson's over images for one run, Student's
        over seeds for several, clipped to [0, 1]; None if all seeds have the same accuracy.
    difference, difference_low, difference_high, p_value: over images or over seeds, as NOISE_RULE says.
    only_first, only_second: number of images that only one side classifies correctly, where the reference is second;
        summed over seeds.
    within_noise: None if all seeds have the same difference and it is not 0.
    by_pair: image by image, for each pair of runs.
    """

    run_ids: tuple[str, ...]
    reference_ids: tuple[str, ...]
    attack: str
    n: int
    accuracy: float
    low: float | None
    high: float | None
    reference_accuracy: float
    reference_low: float | None
    reference_high: float | None
    difference: float
    difference_low: float | None
    difference_high: float | None
    only_first: int
    only_second: int
    p_value: float | None
    within_noise: bool | None
    by_pair: tuple[PairedDifference, ...]

    @property
    def seeds(self) -> int:
        """Number of compared pairs of runs."""
        return len(self.run_ids)

    @property
    def verdict(self) -> str:
        """Result of the comparison as text: the run's accuracy relative to the reference's."""
        if self.within_noise is None:
            return "too few seeds to tell"
        return "within noise" if self.within_noise else "higher" if self.difference > 0 else "lower"


def compare_runs(first: Survivors, second: Survivors) -> dict[str, PairedDifference]:
    """Difference in each column that both have, on the same images; the worst case only if the attacks are the same.

    Raises:
        ValueError: the columns are not bool or not of one length.
    """
    return {column: paired_difference(first[column], second[column]) for column in _shared_columns([first, second])}


def compare_groups(first: Mapping[int, Survivors], second: Mapping[int, Survivors]) -> dict[str, GroupDifference]:
    """Difference in each column that all runs have, over the seeds of both groups; empty without a common seed.

    Args:
        first, second: seed -> survivors.
    """
    seeds = sorted(first.keys() & second.keys())
    columns = _shared_columns([group[seed] for group in (first, second) for seed in seeds])
    return {
        column: GroupDifference(
            paired_seeds(
                [_accuracy(first[seed][column]) for seed in seeds], [_accuracy(second[seed][column]) for seed in seeds]
            ),
            {seed: paired_difference(first[seed][column], second[seed][column]) for seed in seeds},
        )
        for column in columns
    }


def contrasts(runs: Sequence[RunOverview], survivors: Mapping[str, Survivors], reference_run_id: str) -> list[Contrast]:
    """Comparisons of all pairs of `pair_up`, column by column.

    Args:
        survivors: run_id -> survivors under one protocol, all on the same images; runs without survivors are left out.

    Raises:
        ValueError: the numbers of images differ.
    """
    found = []
    for pairs in pair_up([run for run in runs if run.run_id in survivors], reference_run_id):
        first, second = ([survivors[run.run_id] for run in side] for side in zip(*pairs, strict=True))
        if len(pairs) == 1:
            differences = {column: (one, [one]) for column, one in compare_runs(first[0], second[0]).items()}
        else:
            groups = compare_groups(dict(enumerate(first)), dict(enumerate(second)))
            differences = {column: (one.over_seeds, [*one.by_seed.values()]) for column, one in groups.items()}
        for column, (difference, by_pair) in differences.items():
            accuracy, low, high = _estimate([one[column] for one in first])
            reference, reference_low, reference_high = _estimate([one[column] for one in second])
            found.append(
                Contrast(
                    run_ids=tuple(run.run_id for run, _ in pairs),
                    reference_ids=tuple(run.run_id for _, run in pairs),
                    attack=column,
                    n=by_pair[0].n,
                    accuracy=accuracy,
                    low=low,
                    high=high,
                    reference_accuracy=reference,
                    reference_low=reference_low,
                    reference_high=reference_high,
                    difference=difference.difference,
                    difference_low=difference.low,
                    difference_high=difference.high,
                    only_first=sum(one.only_first for one in by_pair),
                    only_second=sum(one.only_second for one in by_pair),
                    p_value=difference.p_value,
                    within_noise=difference.within_noise,
                    by_pair=tuple(by_pair),
                )
            )
    return found


def read_comparison(store: RunStore, run_ids: Sequence[str], protocol_id: str) -> dict[str, Survivors]:
    """run_id -> survivors under the protocol, for `contrasts`; runs without readable survivors are left out."""
    found = {run_id: read_survivors(store, run_id, protocol_id) for run_id in run_ids}
    return {run_id: survivors for run_id, survivors in found.items() if survivors is not None}


def _shared_columns(survivors: Sequence[Survivors]) -> list[str]:
    """Columns that all have, in the order of the first; the worst case is left out if the attacks differ."""
    same_attacks = len({frozenset(one) for one in survivors}) == 1
    return [
        column
        for column in (survivors[0] if survivors else ())
        if all(column in one for one in survivors) and (same_attacks or column != WORST_CASE)
    ]


def _accuracy(survivors: np.ndarray) -> float:
    return float(survivors.mean())


def _estimate(survivors: Sequence[np.ndarray]) -> tuple[float, float | None, float | None]:
    """Accuracy and its interval, of one run or over seeds."""
    if len(survivors) == 1:
        return _accuracy(survivors[0]), *wilson_interval(int(survivors[0].sum()), survivors[0].size)
    summary = summarize_seeds([_accuracy(one) for one in survivors])
    if summary.low is None or summary.high is None:
        return summary.mean, None, None
    return summary.mean, max(0.0, summary.low), min(1.0, summary.high)
