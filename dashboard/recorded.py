"""The recorded runs that tell the story: of each variant the one that was watched most closely."""

from collections.abc import Iterable

from engine.runs.config import RunConfig
from engine.runs.overview import RunOverview


def closest_watched(runs: Iterable[RunOverview]) -> dict[str, RunOverview]:
    """Variant -> the run with most snapshots per epoch, the first of equals; imported ones are left out."""
    chosen: dict[str, RunOverview] = {}
    for run in runs:
        best = chosen.get(run.config.variant)
        if isinstance(run.config, RunConfig) and (best is None or _pace(run) > _pace(best)):
            chosen[run.config.variant] = run
    return chosen


def _pace(run: RunOverview) -> int:
    return run.config.training.snapshots_per_epoch if isinstance(run.config, RunConfig) else 0
