"""The architectures by name; a new one is a class in its own file and one entry here."""

from collections.abc import Sequence

import torch
from torch import nn

from engine.errors import InputError
from engine.models.lenet import LeNet
from engine.seeds import derive_seed

ARCHITECTURES: dict[str, type[nn.Module]] = {"lenet": LeNet}


def build_model(
    architecture: str, seed: int, shape: Sequence[int], classes: int, mean: Sequence[float], std: Sequence[float]
) -> nn.Module:
    """A freshly initialized model; the weights depend on `seed` alone, the global generator is left as found."""
    if architecture not in ARCHITECTURES:
        raise InputError(f"an architecture, one of {', '.join(ARCHITECTURES)}", repr(architecture), "Choose one.")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(derive_seed("initialization", seed))
        return ARCHITECTURES[architecture](shape, classes, mean, std)
