"""The architectures by name; a new one is a class in its own file and one entry here. No torch until one is built."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

from engine.errors import InputError
from engine.seeds import derive_seed

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True)
class ArchitectureSpec:
    """What a page or a configuration must know of a network without building it.

    implementation: module and class.
    convolutions: layer -> (output channels, edge of the square kernel), in forward order.
    """

    name: str
    title: str
    implementation: tuple[str, str]
    convolutions: dict[str, tuple[int, int]]

    def kernel_shape(self, layer: str, weights: int) -> tuple[int, int, int, int]:
        """(out, in, height, width) of a convolution that has so many weights."""
        channels, edge = self.convolutions[layer]
        return channels, weights // (channels * edge * edge), edge, edge


ARCHITECTURES = {
    spec.name: spec
    for spec in (
        ArchitectureSpec("lenet", "LeNet", ("engine.models.lenet", "LeNet"), {"conv1": (6, 5), "conv2": (16, 5)}),
    )
}


def architecture_spec(name: str) -> ArchitectureSpec:
    """The entry called `name`; InputError when there is none."""
    if name not in ARCHITECTURES:
        raise InputError(f"an architecture, one of {', '.join(ARCHITECTURES)}", repr(name), "Choose one.")
    return ARCHITECTURES[name]


def build_model(
    architecture: str, seed: int, shape: Sequence[int], classes: int, mean: Sequence[float], std: Sequence[float]
) -> nn.Module:
    """A freshly initialized model; the weights depend on `seed` alone, the global generator is left as found."""
    import torch

    module, name = architecture_spec(architecture).implementation
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(derive_seed("initialization", seed))
        return getattr(import_module(module), name)(shape, classes, mean, std)
