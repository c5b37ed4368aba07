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
    shape: (C, H, W) of the only images it takes, as they are, so that the number of classes is all its class is given;
        None for a network that is built for the images of a data set and normalizes them.
    """

    name: str
    title: str
    implementation: tuple[str, str]
    convolutions: dict[str, tuple[int, int]]
    shape: tuple[int, int, int] | None = None

    def fits(self, shape: Sequence[int]) -> bool:
        """Whether it takes images of (C, H, W)."""
        return self.shape is None or self.shape == tuple(shape)

    def check_fits(self, shape: Sequence[int]) -> None:
        """InputError when it does not take images of (C, H, W)."""
        if self.shape is not None and not self.fits(shape):
            expected = f"images of {' x '.join(map(str, self.shape))} for {self.title}"
            remedy = "Choose another data set, or the architecture lenet."
            raise InputError(expected, " x ".join(map(str, shape)), remedy)

    def kernel_shape(self, layer: str, weights: int) -> tuple[int, int, int, int]:
        """(out, in, height, width) of a convolution that has so many weights."""
        channels, edge = self.convolutions[layer]
        return channels, weights // (channels * edge * edge), edge, edge


ARCHITECTURES = {
    spec.name: spec
    for spec in (
        ArchitectureSpec("lenet", "LeNet", ("engine.models.lenet", "LeNet"), {"conv1": (6, 5), "conv2": (16, 5)}),
        ArchitectureSpec(
            "advertorch-lenet5",
            "Advertorch LeNet5",
            ("engine.models.advertorch_lenet5", "AdvertorchLeNet5"),
            {"conv1": (32, 3), "conv2": (64, 3)},
            shape=(1, 28, 28),
        ),
        ArchitectureSpec(
            "madry-cnn",
            "Madry CNN",
            ("engine.models.madry_cnn", "MadryCNN"),
            {"conv1": (32, 5), "conv2": (64, 5)},
            shape=(1, 28, 28),
        ),
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
    """A freshly initialized model; the weights depend on `seed` alone, the global generator is left as found.

    Raises:
        InputError: no such architecture, or it does not take images of this shape.
    """
    import torch

    spec = architecture_spec(architecture)
    spec.check_fits(shape)
    module, name = spec.implementation
    arguments = (shape, classes, mean, std) if spec.shape is None else (classes,)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(derive_seed("initialization", seed))
        return getattr(import_module(module), name)(*arguments)
