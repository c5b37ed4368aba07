"""Labels of runs, and of groups of runs that differ only in the seed, in charts and tables."""

from collections import Counter
from collections.abc import Mapping, Sequence

from engine.models.architectures import layer_titles
from engine.queue.overview import RunOverview
from engine.runs.config import RunConfig

LAYERS = layer_titles()
"""Name of a convolution -> its title, for the layers of all architectures."""


def unique_labels(runs: Sequence[RunOverview]) -> dict[str, str]:
    """run_id -> unique label of the run, with data set and digest if needed.

    Runs can differ in settings that their labels do not show, such as epochs; equal labels would merge their numbers.
    """
    return _distinct(runs, {run.run_id: run.label for run in runs})


def group_labels(groups: Mapping[str, Sequence[RunOverview]]) -> dict[str, str]:
    """Key of each group of `seed_groups` -> its label, with the number of seeds instead of the seed."""
    names = {run_id: _group_name(group) for run_id, group in groups.items()}
    return _distinct([group[0] for group in groups.values()], names)


def _distinct(runs: Sequence[RunOverview], names: Mapping[str, str]) -> dict[str, str]:
    titles = {run.run_id: run.config.dataset_spec.title for run in runs}
    if len({run.config.dataset for run in runs}) > 1:
        names = {run_id: f"{titles[run_id]}: {name}" for run_id, name in names.items()}
    counts = Counter(names.values())
    return {
        run_id: name if counts[name] == 1 else f"{name} ({run_id.rsplit('-', 1)[1]})" for run_id, name in names.items()
    }


def _group_name(group: Sequence[RunOverview]) -> str:
    config = group[0].config
    if len(group) == 1 or not isinstance(config, RunConfig):
        return group[0].label
    return f"{config.label.removesuffix(f' · seed {config.seed}')}, {len(group)} seeds"
