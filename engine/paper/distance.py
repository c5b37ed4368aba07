"""Distance of a choice of λ, μ and scope from the paper's numbers, and a ranking of choices. No torch."""

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from engine.minmax.objective import Scope
from engine.paper.evidence import Evidence, Reports, Reproduced, RunIndex, gather, most_answered
from engine.paper.setting import Setting
from engine.paper.tables import FUZZINESS, NO_ATTACK, PRINTED_NAMES, SWAPPED
from engine.runs.config import RunConfig
from engine.runs.model_config import ModelConfig
from engine.runs.training_identity import training_identity

ACCURACY_UNIT = 0.05
"""Difference in accuracy that counts as much as a factor of 2 in fuzziness."""

RULE = (
    "Distance: root mean square over the cells of the column, where an accuracy that is off by 5 points counts 1 and a "
    "fuzziness that is off by a factor of 2 counts 1. The same cells are compared for all candidates; the two that are "
    "swapped in the paper are left out."
)


@dataclass(frozen=True)
class Candidate:
    """A choice of λ, μ and scope, and its distance from the paper's numbers.

    distance: distance over the Min-Max column.
    joint_distance: distance over Std+L1, Std+L2 and Min-Max with the same λ and μ; None if one of them is missing.
    seeds: smallest number of seeds of a cell.
    """

    setting: Setting
    distance: float
    joint_distance: float | None
    cells: tuple[Reproduced, ...]
    evidence: Evidence

    @property
    def seeds(self) -> int:
        return min(len(cell.ours.by_seed) for cell in self.cells)


def deviation(cell: Reproduced) -> float | None:
    """Signed deviation of a result from the paper in units of RULE; None without a run or for a fuzziness of 0."""
    summary = cell.ours.summary
    if summary is None:
        return None
    if cell.printed.quantity != FUZZINESS:
        return (summary.mean - cell.printed.value) / ACCURACY_UNIT
    return math.log2(summary.mean / cell.printed.value) if summary.mean > 0 else None


def distance(cells: Sequence[Reproduced]) -> float | None:
    """Root mean square of `deviation`; None without cells, or if the deviation of a cell is None."""
    deviations = [deviation(cell) for cell in cells]
    found = [value for value in deviations if value is not None]
    if not found or len(found) < len(deviations):
        return None
    return math.sqrt(sum(value**2 for value in found) / len(found))


def rank_candidates(
    base: Setting,
    index: RunIndex,
    reports_of: Callable[[str], Reports],
    samples: int | None = None,
    complete: bool = False,
) -> list[Candidate]:
    """Every λ > 0, μ > 0 and scope that Min-Max was trained and attacked with, the closest to the paper first.

    Args:
        base: data set and schedule; its strengths are not used.
        index: index of all runs.
        samples: number of images in the evaluations; None chooses it as `gather` does, for all candidates together.
        complete: compare all cells of the column, instead of those that at least half of the candidates have;
            candidates that lack one of them are left out.
    """
    choices = sorted(set(filter(None, (_choice(run.config, base) for run in index.runs if run.status == "finished"))))
    settings = [base.at(*choice) for choice in choices]
    if samples is None:
        runs = [run for of in settings for alike in index.seeds(of, "min-max").values() for run in alike]
        samples = most_answered(base, [reports_of(run.run_id) for run in runs])
    found = [gather(setting, index, reports_of, samples) for setting in settings]
    attacked = [evidence for evidence in found if len(_answered(evidence, "min-max")) > len(_UNATTACKED)]
    counts = Counter(quantity for evidence in attacked for quantity in _answered(evidence, "min-max"))
    compared = {quantity for quantity, count in counts.items() if 2 * count >= len(attacked)}
    compared = {*PRINTED_NAMES} if complete else compared
    candidates = [_candidate(evidence, compared) for evidence in attacked]
    return sorted(filter(None, candidates), key=lambda candidate: candidate.distance)


_UNATTACKED = {NO_ATTACK, FUZZINESS}


def _choice(config: ModelConfig, base: Setting) -> tuple[float, float, Scope] | None:
    """Strengths and scope of a run that differs from Min-Max in `base` only in these and the seed; else None."""
    if not isinstance(config, RunConfig) or config.variant != "min-max":
        return None
    choice = config.objective.l1_strength, -config.objective.l2_strength, config.objective.scope
    return (
        choice
        if training_identity(base.at(*choice).config("min-max", config.seed)) == training_identity(config)
        else None
    )


def _answered(evidence: Evidence, variant: str) -> set[str]:
    """Quantities of a column that at least one run has."""
    return {cell.printed.quantity for cell in evidence.cells if cell.printed.variant == variant and cell.ours.by_seed}


def _candidate(evidence: Evidence, compared: set[str]) -> Candidate | None:
    cells = [cell for cell in evidence.cells if cell.printed.quantity in compared and cell.printed.oddity != SWAPPED]
    column = tuple(cell for cell in cells if cell.printed.variant == "min-max")
    value = distance(column)
    joint = distance([cell for cell in cells if cell.printed.variant in ("std+l1", "std+l2", "min-max")])
    return None if value is None else Candidate(evidence.setting, value, joint, column, evidence)
