"""Matching of the tensors in a file to those of a network: by name, else by shape, else with an error message."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from engine.data.catalog import DATASETS, DatasetSpec
from engine.errors import InputError
from engine.models.architectures import ARCHITECTURES, build_model
from engine.runs.model_config import ModelConfig

Shapes = dict[str, tuple[int, ...]]

SHOWN = 12


@dataclass(frozen=True)
class Match:
    """Weights by their names in the network, float32.

    renamed: name in the file -> name in the network, for tensors that were matched by shape.
    """

    weights: dict[str, np.ndarray]
    renamed: dict[str, str]


def parameter_shapes(architecture: str, spec: DatasetSpec) -> Shapes:
    """Name -> shape of all weights of an architecture for a data set, in forward order."""
    import torch  # as in `build_model`

    with torch.device("meta"):  # shapes without values
        model = build_model(architecture, 0, spec.shape, len(spec.classes), spec.mean, spec.std)
    return {name: tuple(parameter.shape) for name, parameter in model.named_parameters()}


def match_tensors(tensors: dict[str, np.ndarray], network: ModelConfig) -> Match:
    """Match the tensors of a file to the network's, one to one; a prefix "module." of every name is removed.

    Raises:
        InputError: tensors are missing, unexpected, of another shape, not floating point, or not finite.
    """
    tensors = _without_module(tensors)
    expected = parameter_shapes(network.architecture, network.dataset_spec)
    found: Shapes = {name: value.shape for name, value in tensors.items()}
    origins = {name: name for name in expected} if found == expected else _by_shape(found, expected)
    if origins is None:
        title = f"{network.architecture_spec.title} on {network.dataset_spec.title}"
        raise InputError(f"the {len(expected)} tensors of {title}", _difference(found, expected), _remedy(found))
    weights = {name: _as_float32(origins[name], tensors[origins[name]]) for name in expected}
    return Match(weights, {origin: name for name, origin in origins.items() if origin != name})


def _without_module(tensors: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    if not all(name.startswith("module.") for name in tensors):
        return tensors
    return {name.removeprefix("module."): value for name, value in tensors.items()}


def _by_shape(found: Shapes, expected: Shapes) -> dict[str, str] | None:
    """Name in the network -> name in the file; None if the shapes differ or are not unique."""
    owners = {shape: name for name, shape in found.items()}
    unique = len(owners) == len(found) == len(expected) == len(set(expected.values()))
    if not unique or set(owners) != set(expected.values()):
        return None
    return {name: owners[shape] for name, shape in expected.items()}


def _difference(found: Shapes, expected: Shapes) -> str:
    missing = [_quoted(name) for name in expected if name not in found]
    unexpected = [_quoted(name) for name in found if name not in expected]
    wrong = [
        f"{name} of shape {_size(found[name])} instead of {_size(shape)}"
        for name, shape in expected.items()
        if name in found and found[name] != shape
    ]
    if not found:
        return "none at all"
    groups = (("missing", missing), ("unexpected", unexpected), ("of another shape", wrong))
    return f"{len(found)}: " + "; ".join(f"{title}: {_listed(names)}" for title, names in groups if names)


def _remedy(found: Shapes) -> str:
    for spec in {spec.shape: spec for spec in reversed(DATASETS.values())}.values():
        for architecture, candidate in ARCHITECTURES.items():
            if not candidate.fits(spec.shape):
                continue
            expected = parameter_shapes(architecture, spec)
            if found == expected or _by_shape(found, expected):
                return f"Choose {architecture} and a data set of {_size(spec.shape)} images, which fit."
    return f"Import the weights of one of {', '.join(ARCHITECTURES)}, without buffers."


def _as_float32(name: str, values: np.ndarray) -> np.ndarray:
    if not np.issubdtype(values.dtype, np.floating):
        raise InputError(
            f"floating point numbers in {_quoted(name)}", str(values.dtype), "Save the weights as float32."
        )
    with np.errstate(over="ignore"):
        converted = np.ascontiguousarray(values, dtype="<f4")
    if not np.isfinite(converted).all():
        remedy = "Choose an earlier checkpoint, from before the training diverged."
        raise InputError(f"finite weights in {_quoted(name)}", "infinite or missing values", remedy)
    return converted


def _quoted(name: str) -> str:
    """A name from a file, shortened and on one line."""
    word = "".join(letter if letter.isprintable() else "?" for letter in name)
    return word if len(word) <= 40 else f"{word[:39]}…"


def _size(shape: Sequence[int]) -> str:
    return " x ".join(map(str, shape)) or "one number"


def _listed(names: Iterable[str]) -> str:
    names = list(names)
    more = len(names) - SHOWN
    return ", ".join(names[:SHOWN]) + (f" and {more} more" if more > 0 else "")
