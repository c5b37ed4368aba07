"""Grouping of runs by seed, and pairing with the runs of a reference. No torch."""

from collections import Counter
from collections.abc import Hashable, Sequence

from engine.queue.overview import RunOverview
from engine.runs.config import RunConfig

Pair = tuple[RunOverview, RunOverview]
"""A run and the reference run that it is compared with."""


def seed_groups(runs: Sequence[RunOverview]) -> dict[str, list[RunOverview]]:
    """Groups of runs that differ only in seed: run_id of the first run of a group -> the group, in the order given.

    An imported run has no seed and is a group of its own. A seed that was trained twice, for example with another
    release of torch, starts a new group, so that no seed counts twice.
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
    """Pairs to compare: for each group of `seed_groups`, the runs with the reference group's run of the same seed.

    Runs of a group without a common seed are each compared with the reference itself, as are the other runs of the
    reference's group if it is the only one. Empty if the reference is not among `runs`.
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
