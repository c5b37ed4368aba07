"""The architectures by name; a new one is a class in its own file and one entry. No torch until one is built.

The class is built as `Class(classes)` if the entry has a shape, else as `Class(shape, classes, mean, std)`. It maps
pixels (B, C, H, W) in [0, 1] to logits (B, classes), and has no running statistics. Layers can have any names.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

from engine.errors import InputError
from engine.seeds import derive_seed

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True)
class ArchitectureSpec:
    """Properties of an architecture that pages and configurations read without building a network.

    implementation: module and class.
    convolutions: layer -> (output channels, edge of the square kernel), in forward order.
    shape: (C, H, W) of the images it accepts, if only one shape; it then does not normalize them. None for a network
        that is built for the images of a data set and normalizes them.
    smallest: smallest height and width of the images it accepts.
    """

    name: str
    title: str
    implementation: tuple[str, str]
    convolutions: dict[str, tuple[int, int]]
    shape: tuple[int, int, int] | None = None
    smallest: int = 1

    def fits(self, shape: Sequence[int]) -> bool:
        """Whether it accepts images of shape (C, H, W)."""
        return (self.shape is None or self.shape == tuple(shape)) and min(shape[1:]) >= self.smallest

    def check_fits(self, shape: Sequence[int]) -> None:
        """InputError if it does not accept images of shape (C, H, W)."""
        if self.fits(shape):
            return
        size = " x ".join(map(str, self.shape)) if self.shape else f"at least {self.smallest} x {self.smallest}"
        others = [spec.name for spec in ARCHITECTURES.values() if spec.fits(shape)]
        remedy = "Choose another data set" + (f", or the architecture {' or '.join(others)}." if others else ".")
        raise InputError(f"images of {size} for {self.title}", " x ".join(map(str, shape)), remedy)

    def kernel_shape(self, layer: str, weights: int) -> tuple[int, int, int, int]:
        """(out, in, height, width) of a convolution with this number of weights."""
        channels, edge = self.convolutions[layer]
        return channels, weights // (channels * edge * edge), edge, edge


ARCHITECTURES = {
    spec.name: spec
    for spec in (
        ArchitectureSpec(
            "lenet", "LeNet", ("engine.models.lenet", "LeNet"), {"conv1": (6, 5), "conv2": (16, 5)}, smallest=16
        ),
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


ORDINALS = ("First", "Second", "Third", "Fourth", "Fifth", "Sixth", "Seventh", "Eighth", "Ninth", "Tenth")


def layer_titles(specs: Iterable[ArchitectureSpec] = ARCHITECTURES.values()) -> dict[str, str]:
    """Convolution -> title on pages, from its position in the first architecture that has a layer of this name.

    The title of another layer at the same position includes its name, so that titles are unique.
    """
    titles: dict[str, str] = {}
    for spec in specs:
        for place, layer in enumerate(spec.convolutions):
            title = f"{ORDINALS[place]} convolution" if place < len(ORDINALS) else f"Convolution {place + 1}"
            titles.setdefault(layer, f"{title} ({layer})" if title in titles.values() else title)
    return titles


def architecture_spec(name: str) -> ArchitectureSpec:
    """The entry called `name`; InputError if the name is unknown."""
    if name not in ARCHITECTURES:
        raise InputError(
            f"an architecture, one of {', '.join(ARCHITECTURES)}", repr(name), "Choose one of these names."
        )
    return ARCHITECTURES[name]


def build_model(
    architecture: str, seed: int, shape: Sequence[int], classes: int, mean: Sequence[float], std: Sequence[float]
) -> nn.Module:
    """A freshly initialized model. Its weights depend only on `seed`; the state of the global generator is restored.

    Raises:
        InputError: the architecture is unknown, or does not accept images of this shape.
    """
    import torch  # pages read the table of architectures without torch

    spec = architecture_spec(architecture)
    spec.check_fits(shape)
    module, name = spec.implementation
    arguments = (shape, classes, mean, std) if spec.shape is None else (classes,)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(derive_seed("initialization", seed))
        return getattr(import_module(module), name)(*arguments)
