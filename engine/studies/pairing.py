"""Which runs are seeds of one another, and which are held against which. No torch."""

from collections import Counter
from collections.abc import Hashable, Sequence

from engine.queue.overview import RunOverview
from engine.runs.config import RunConfig

Pair = tuple[RunOverview, RunOverview]
"""A run, and the one of the reference that it is held against."""


def seed_groups(runs: Sequence[RunOverview]) -> dict[str, list[RunOverview]]:
    """Runs that are alike in everything but the seed: run_id of each group's first -> the group, in the order given.

    What was imported has no seed and stands alone. A seed that was trained twice (with another release of torch, say)
    begins a group of its own, so that no seed counts twice.
    """
    groups: dict[Hashable, list[RunOverview]] = {}
    seen: Counter = Counter()
    for run in runs:
        config = run.config
        is_trained = isinstance(config, RunConfig)
        key = (config.model_copy(update={"seed": 0}), seen[config]) if is_trained else run.run_id
        seen[config] += 1
        groups.setdefault(key, []).append(run)
    return {group[0].run_id: group for group in groups.values()}


def pair_up(runs: Sequence[RunOverview], reference_run_id: str) -> list[list[Pair]]:
    """What is held against what: of each group of `seed_groups`, the runs whose seed the reference's group has too.

    A group that shares no seed with it, and runs of the reference's own group when there is no other, are held one by
    one against the reference itself. Nothing without the reference among `runs`.
    """
    groups = list(seed_groups(runs).values())
    own = next((group for group in groups if any(run.run_id == reference_run_id for run in group)), None)
    if own is None:
        return []
    reference = next(run for run in own if run.run_id == reference_run_id)
    if len(groups) == 1:
        return [[(run, reference)] for run in own if run is not reference]
    pairs: list[list[Pair]] = []
    for group in groups:
        if group is not own:
            by_seed, own_by_seed = _by_seed(group), _by_seed(own)
            shared = sorted(by_seed.keys() & own_by_seed.keys())
            alone = [[(run, reference)] for run in group]
            pairs += [[(by_seed[seed], own_by_seed[seed]) for seed in shared]] if shared else alone
    return pairs


def _by_seed(group: Sequence[RunOverview]) -> dict[int, RunOverview]:
    return {run.config.seed: run for run in group if isinstance(run.config, RunConfig)}
