"""The recorded runs that tell the story: of each variant the one of the first seed that was watched most closely."""

from collections.abc import Iterable

from engine.queue.overview import RunOverview
from engine.runs.config import RunConfig


def closest_watched(runs: Iterable[RunOverview]) -> dict[str, RunOverview]:
    """Variant -> of the runs with the lowest seed the one with most snapshots per epoch; the first of equals.

    Imported ones are left out.
    """
    chosen: dict[str, RunOverview] = {}
    for run in runs:
        best = chosen.get(run.config.variant)
        if isinstance(run.config, RunConfig) and (best is None or _rank(run) > _rank(best)):
            chosen[run.config.variant] = run
    return chosen


def _rank(run: RunOverview) -> tuple[int, int]:
    config = run.config
    return (-config.seed, config.training.snapshots_per_epoch) if isinstance(config, RunConfig) else (0, 0)
