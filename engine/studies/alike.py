"""Runs that trained alike, found by the identity of their training and their seed. No torch."""

from collections.abc import Mapping, Sequence

from engine.kept import kept
from engine.runs.config import RunConfig
from engine.runs.model_config import ModelConfig
from engine.runs.training_identity import family, is_of_family, training_identity

Places = Mapping[RunConfig, Mapping[int, Sequence[int]]]
"""Training identity with seed 0 -> seed -> places of such runs in a list, ascending."""


class _Objects:
    """A list of configurations, equal to another list of the same objects: comparing them takes no time."""

    def __init__(self, configs: Sequence[ModelConfig]) -> None:
        self.configs, self._ids = configs, tuple(map(id, configs))

    def __hash__(self) -> int:
        return hash(self._ids)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Objects) and self._ids == other._ids


def places_alike(configs: Sequence[ModelConfig]) -> Places:
    """Places of the runs with these configurations; imported runs are left out."""
    return _places(_Objects(configs))


@kept(8)  # pages ask again at every rerun, with the configurations that the listing keeps
def _places(of: _Objects) -> Places:
    found: dict[RunConfig, dict[int, list[int]]] = {}
    for place, config in enumerate(of.configs):
        if isinstance(config, RunConfig):
            found.setdefault(seedless(config), {}).setdefault(config.seed, []).append(place)
    return found


def families(configs: Sequence[ModelConfig]) -> Mapping[RunConfig, Sequence[int]]:
    """`family` -> places of the runs with these configurations; imported runs are left out."""
    return _families(_Objects(configs))


@kept(8)
def _families(of: _Objects) -> dict[RunConfig, list[int]]:
    found: dict[RunConfig, list[int]] = {}
    for place, config in enumerate(of.configs):
        if isinstance(config, RunConfig):
            found.setdefault(family(config), []).append(place)
    return found


def of_family(configs: Sequence[ModelConfig], of: RunConfig) -> Sequence[int]:
    """Places of the runs that are points of the strength grid `of`, by `is_of_family`."""
    return _of_family(_Objects(configs), of)


@kept(8)
def _of_family(found: _Objects, of: RunConfig) -> list[int]:
    configs = enumerate(found.configs)
    return [place for place, config in configs if isinstance(config, RunConfig) and is_of_family(config, of)]


@kept(16384)
def seedless(config: RunConfig) -> RunConfig:
    """Training identity of a config without the seed."""
    return training_identity(config).model_copy(update={"seed": 0})
