"""The settings in which two configurations differ. No torch."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from engine.runs.model_config import ModelConfig

MISSING = "–"
NAMES = {
    "objective l1_strength": "λ",
    "objective l2_strength": "κ = −μ",
    "objective scope": "penalty on",
    "objective penalties": "further penalties",
    "data_digest": "digest of the data",
}
"""Path of a field -> its name for readers; other paths are written with spaces."""


class Difference(NamedTuple):
    """One setting with its value in two configurations; MISSING where a configuration has no such setting."""

    setting: str
    first: str
    second: str


def config_difference(first: ModelConfig, second: ModelConfig) -> list[Difference]:
    """The settings in which two configurations differ, in the first one's order; those that it lacks are last."""
    one, other = (dict(_settings(config.model_dump(mode="json"))) for config in (first, second))
    return [
        Difference(_name(path), one.get(path, MISSING), other.get(path, MISSING))
        for path in dict.fromkeys((*one, *other))
        if one.get(path, MISSING) != other.get(path, MISSING)
    ]


def _settings(document: Mapping[str, object], start: str = "") -> Iterator[tuple[str, str]]:
    """(path, value as text) of every setting; lists count as one."""
    for name, value in document.items():
        path = f"{start} {name}".strip()
        if isinstance(value, Mapping):
            yield from _settings(value, path)
        else:
            yield path, _words(value)


def _name(path: str) -> str:
    return NAMES.get(path) or path.replace("_", " ")


def _words(value: object) -> str:
    if isinstance(value, bool) or value is None:
        return {True: "yes", False: "no", None: MISSING}[value]
    if not isinstance(value, float):
        return str(value)
    return f"−{-value:g}" if value < 0 else f"{value:g}"
