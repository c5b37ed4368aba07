"""Penalties of the members of a stack, each with its own strengths and scope, as one tensor expression."""

from collections.abc import Sequence

import torch
from torch import Tensor

from engine.minmax.objective import ObjectiveConfig
from engine.minmax.penalties import L1, L2, penalty
from engine.models.stack import Stack


class StackPenalty:
    """Total penalty of each member of a stack."""

    def __init__(self, stack: Stack, objectives: Sequence[ObjectiveConfig], device: torch.device) -> None:
        self.terms: list[tuple[Tensor, dict[str, Tensor]]] = []
        for position, layer in enumerate(stack.conv_layers):
            covered = [objective.scope == "all" or position == 0 for objective in objectives]
            strengths = _strengths(objectives, covered)
            if any(map(any, strengths.values())):
                columns = {name: torch.tensor(values, device=device) for name, values in strengths.items()}
                self.terms.append((stack.conv_weights(layer), columns))
        self.none = torch.zeros(stack.size, device=device)

    def penalty(self) -> Tensor:
        """Total penalty of each member, (K,)."""
        return sum((penalty(weights, strengths) for weights, strengths in self.terms), self.none)


def _strengths(objectives: Sequence[ObjectiveConfig], covered: Sequence[bool]) -> dict[str, list[float]]:
    """Penalty -> its strength on one layer for each member: L1, L2, and all further penalties of any member."""
    names = dict.fromkeys([L1.name, L2.name, *(name for objective in objectives for name, _ in objective.penalties)])
    return {
        name: [
            objective.strengths.get(name, 0.0) * is_covered
            for objective, is_covered in zip(objectives, covered, strict=True)
        ]
        for name in names
    }
