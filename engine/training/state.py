"""TrainingState: weights, optimizer, position and running sums of a stack. Random numbers come from counters."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from engine.models.stack import Stack
from engine.training.optimizers import optimizer_spec


@dataclass(frozen=True)
class Divergence:
    """The weight that exceeded its limit, and the step; `value` may be infinite or NaN."""

    step: int
    name: str
    index: int
    value: float

    def __str__(self) -> str:
        return f"diverged at step {self.step}: weight {self.index} of {self.name} reached {self.value:.4g}"


@dataclass
class TrainingState:
    """State of a stack between two steps; `train` updates it in place.

    loss_sums: (K,) float64, cross entropy summed over the `loss_count` steps since the last snapshot.
    snapshots: number of snapshots so far.
    diverged: member -> its divergence; such a member is no longer recorded.
    """

    stack: Stack
    optimizer: torch.optim.Optimizer
    loss_sums: np.ndarray
    loss_count: int = 0
    step: int = 0
    snapshots: int = 0
    seconds: float = 0.0
    diverged: dict[int, Divergence] = field(default_factory=dict)

    @property
    def active(self) -> list[int]:
        """Members that have not diverged."""
        return [member for member in range(self.stack.size) if member not in self.diverged]

    @property
    def mean_losses(self) -> np.ndarray | None:
        """(K,) mean cross entropy of the steps since the last snapshot; None if there was no step."""
        return self.loss_sums / self.loss_count if self.loss_count else None

    def add_losses(self, losses: np.ndarray) -> None:
        """Add the cross entropies of one step, (K,)."""
        self.loss_sums += losses
        self.loss_count += 1

    def end_interval(self) -> None:
        """Count a snapshot and reset the sums of losses."""
        self.snapshots += 1
        self.loss_sums, self.loss_count = np.zeros(self.stack.size), 0


def build_optimizer(name: str, stack: Stack, learning_rate: float) -> torch.optim.Optimizer:
    """One optimizer for all members; update rules are elementwise, so members stay independent.

    Raises:
        InputError: the name is unknown.
    """
    return optimizer_spec(name).build(stack.parameters(), learning_rate)


def initial_state(stack: Stack, optimizer: str, learning_rate: float) -> TrainingState:
    """The state before the first step."""
    return TrainingState(stack, build_optimizer(optimizer, stack, learning_rate), np.zeros(stack.size))


def member_arrays(state: TrainingState, member: int) -> dict[str, Tensor]:
    """One member's tensors: `weights/<name>` and, per optimizer moment, `<moment>/<name>`."""
    arrays = {}
    for name, parameter in state.stack.weights.items():
        arrays[f"weights/{name}"] = parameter[member].detach().clone()
        for moment, value in state.optimizer.state.get(parameter, {}).items():
            whole = value.dim() == 0  # a step count is one number for all members
            arrays[f"{moment}/{name}"] = (value if whole else value[member]).detach().clone()
    return {name: array.cpu().contiguous() for name, array in arrays.items()}


def restore_members(state: TrainingState, members: list[dict[str, Tensor]]) -> None:
    """Load the results of `member_arrays`, one per member, into a fresh state."""
    with torch.no_grad():
        for name, parameter in state.stack.weights.items():
            parameter.copy_(torch.stack([arrays[f"weights/{name}"] for arrays in members]))
            moments = {key.split("/", 1)[0] for key in members[0] if key.endswith(f"/{name}")} - {"weights"}
            for moment in sorted(moments):
                values = [arrays[f"{moment}/{name}"] for arrays in members]
                whole = values[0].dim() == 0
                value = values[0] if whole else torch.stack(values)
                state.optimizer.state[parameter][moment] = value.to(parameter.device).clone()
