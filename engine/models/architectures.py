"""The architectures by name; a new one is a class in its own file and one entry here. No torch until one is built."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING

from engine.errors import InputError
from engine.seeds import derive_seed

if TYPE_CHECKING:
    from torch import nn

ARCHITECTURES = {"lenet": ("engine.models.lenet", "LeNet")}
CONV_LAYERS = {"lenet": ("conv1", "conv2")}


def build_model(
    architecture: str, seed: int, shape: Sequence[int], classes: int, mean: Sequence[float], std: Sequence[float]
) -> nn.Module:
    """A freshly initialized model; the weights depend on `seed` alone, the global generator is left as found."""
    import torch

    if architecture not in ARCHITECTURES:
        raise InputError(f"an architecture, one of {', '.join(ARCHITECTURES)}", repr(architecture), "Choose one.")
    module, name = ARCHITECTURES[architecture]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(derive_seed("initialization", seed))
        return getattr(import_module(module), name)(shape, classes, mean, std)
