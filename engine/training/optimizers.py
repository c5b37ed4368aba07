"""The optimizers by name; a new optimizer is one entry. No torch until one is built, since pages read this.

An entry must update each weight independently of the others, so that the members of a stack stay independent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.errors import InputError

if TYPE_CHECKING:
    from torch.nn import Parameter
    from torch.optim import Optimizer


@dataclass(frozen=True)
class OptimizerSpec:
    """An update rule.

    name: name in configurations and on the command line, lower case.
    title: name on pages.
    build: parameters and learning rate -> the optimizer.
    """

    name: str
    title: str
    build: Callable[[Iterable[Parameter], float], Optimizer]


def _adam(parameters: Iterable[Parameter], learning_rate: float) -> Optimizer:
    from torch.optim import Adam  # pages read the names without torch

    return Adam(parameters, lr=learning_rate, fused=True)


def _sgd(parameters: Iterable[Parameter], learning_rate: float) -> Optimizer:
    from torch.optim import SGD  # pages read the names without torch

    return SGD(parameters, lr=learning_rate)


OPTIMIZERS = {
    spec.name: spec
    for spec in (
        OptimizerSpec("adam", "Adam", _adam),
        OptimizerSpec("sgd", "SGD without momentum", _sgd),
    )
}


def optimizer_spec(name: str) -> OptimizerSpec:
    """The entry called `name`; InputError if the name is unknown."""
    if name not in OPTIMIZERS:
        raise InputError(f"an optimizer, one of {', '.join(OPTIMIZERS)}", repr(name), "Choose one of these names.")
    return OPTIMIZERS[name]
