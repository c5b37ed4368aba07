"""The optimizers by name; a new one is one entry. No torch until one is built: pages read this.

An entry must update every weight by itself, so that the members of a stack stay independent.
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

    name: lower case, in configurations and on the command line.
    title: what pages call it.
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
    """The entry called `name`; InputError when there is none."""
    if name not in OPTIMIZERS:
        raise InputError(f"an optimizer, one of {', '.join(OPTIMIZERS)}", repr(name), "Choose one of these names.")
    return OPTIMIZERS[name]
