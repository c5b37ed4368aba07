"""The pair of runs that the first page trains next: that of the first seed which has not ended."""

from collections.abc import Sequence
from dataclasses import dataclass

from dashboard.settings import Settings
from engine.paper.presets import PRESETS
from engine.queue.job import ACTIVE, WAITING
from engine.queue.overview import RunOverview
from engine.runs.config import RunConfig

ENDED = ("finished", "failed", "damaged")


@dataclass(frozen=True)
class Pair:
    """Std and Min-Max of one seed.

    last: run ids of the pair of the seed before; empty for seed 0.
    is_busy: whether at least one of the two waits or runs, and the other does so too or has ended.
    """

    seed: int
    configs: list[RunConfig]
    last: list[str]
    is_busy: bool


def pair_words(pair: Pair) -> str:
    """What the button does."""
    if pair.is_busy:
        return "Watch Std and Min-Max train"
    return "Train Std and Min-Max" if pair.seed == 0 else f"Train Std and Min-Max with seed {pair.seed}"


def next_pair(here: Settings, runs: Sequence[RunOverview]) -> Pair:
    """The pair of the first seed of which a run was not trained yet, or is in training.

    Args:
        runs: all runs of the store.

    Raises:
        InputError: the data set cannot be read.
    """
    request = PRESETS["demonstration"].request.on_data(here.worker.data_dir)
    status = {run.run_id: run.status for run in runs}
    seed, last = 0, []
    while True:
        configs = request.model_copy(update={"seeds": (seed,)}).configs()
        found = [status.get(config.run_id) for config in configs]
        if any(one not in ENDED for one in found):
            is_busy = all(one in (*ENDED, *WAITING, *ACTIVE) for one in found)
            return Pair(seed, configs, last, is_busy)
        seed, last = seed + 1, [config.run_id for config in configs]
