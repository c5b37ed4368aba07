"""The grid of λ and κ: runs of one family, point by point, with the seeds of each. No torch."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from engine.queue.overview import RunOverview
from engine.runs.config import RunConfig
from engine.runs.training_identity import is_of_family
from engine.studies.alike import families


@dataclass(frozen=True)
class GridPoint:
    """A pair of strengths, and its runs in the order of seeds: one per seed, failed only if none has finished."""

    l1_strength: float
    l2_strength: float
    runs: tuple[RunOverview, ...]

    @property
    def finished(self) -> tuple[RunOverview, ...]:
        return tuple(run for run in self.runs if run.status == "finished")

    @property
    def mu(self) -> float:
        return 0.0 - self.l2_strength


def grid_points(
    runs: Sequence[RunOverview],
    of: RunConfig,
    is_preferred: Callable[[RunOverview], bool] = lambda run: True,
    adversarial: bool = False,
) -> list[GridPoint]:
    """Points of a strength grid, in the order of λ and then μ.

    Args:
        of: the `family` of the runs in the grid.
        is_preferred: returns whether to prefer a run to others with the same seed at the same point.
        adversarial: whether to use the runs with adversarial training instead of those without.
    """
    of = of.model_copy(update={"adversarial_training": adversarial})
    found: dict[tuple[float, float], dict[int, list[RunOverview]]] = defaultdict(lambda: defaultdict(list))
    for run in runs:
        config = run.config
        if isinstance(config, RunConfig) and run.status in ("finished", "failed") and is_of_family(config, of):
            found[_strengths(config)][config.seed].append(run)

    def rank(run: RunOverview) -> tuple[bool, bool, bool]:
        return run.status == "finished", is_preferred(run), run.has_weights

    return [
        GridPoint(l1, l2, tuple(max(by_seed[seed], key=rank) for seed in sorted(by_seed)))
        for (l1, l2), by_seed in sorted(found.items(), key=lambda item: (item[0][0], -item[0][1]))
    ]


def strength_grids(runs: Sequence[RunOverview]) -> list[tuple[RunConfig, int]]:
    """Families with the number of points that have a finished run, largest first; without adversarial training."""
    found: dict[RunConfig, set[tuple[float, float]]] = defaultdict(set)
    for of, places in families([run.config for run in runs]).items():
        for run in (runs[place] for place in places):
            config = run.config
            if isinstance(config, RunConfig) and run.status == "finished" and not config.adversarial_training:
                found[of].add(_strengths(config))
    std = [of for of, strengths in found.items() if (0.0, 0.0) in strengths]
    for of, strengths in found.items():
        if any(is_of_family(without, of) for without in std):
            strengths.add((0.0, 0.0))
    counted = [(of, len(strengths)) for of, strengths in found.items()]
    return sorted(counted, key=lambda item: (-item[1], item[0].model_dump_json()))


def _strengths(config: RunConfig) -> tuple[float, float]:
    return config.objective.l1_strength, config.objective.l2_strength
