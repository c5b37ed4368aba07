"""The penalties of a stack's members, each with its own strengths and scope, as one tensor expression."""

from collections.abc import Sequence

import torch
from torch import Tensor

from engine.minmax.objective import ObjectiveConfig, penalty
from engine.models.stack import Stack


class StackPenalty:
    """The members' penalties as one tensor expression."""

    def __init__(self, stack: Stack, objectives: Sequence[ObjectiveConfig], device: torch.device) -> None:
        def column(values: list[float]) -> Tensor:
            return torch.tensor(values, device=device)

        self.terms = []
        for position, layer in enumerate(stack.conv_layers):
            covered = [objective.scope == "all" or position == 0 for objective in objectives]
            strengths = [(o.l1_strength * c, o.l2_strength * c) for o, c in zip(objectives, covered, strict=True)]
            if any(l1 or l2 for l1, l2 in strengths):
                l1, l2 = zip(*strengths, strict=True)
                self.terms.append((stack.conv_weights(layer), column(list(l1)), column(list(l2))))
        self.none = torch.zeros(stack.size, device=device)

    def penalty(self) -> Tensor:
        """Shape (K,)."""
        return sum((penalty(*term) for term in self.terms), self.none)
