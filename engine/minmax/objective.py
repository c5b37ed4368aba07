"""The Min-Max objective (paper, Eq. 5) and its ablations, as functions of tensors.

    CE(f(x), y) + lambda ||W_conv||_1 + kappa ||W_conv||_2^2

All variants are points of it: kappa = -mu < 0 is Min-Max, kappa > 0 is weight decay, both 0 is Std.
Nothing here needs torch itself: any tensor with `abs`, `sign`, `square` and `sum` will do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, Field

if TYPE_CHECKING:
    from torch import Tensor

Scope = Literal["conv1", "all"]

SCOPES: dict[Scope, str] = {"conv1": "first convolution", "all": "all convolutions"}
"""What tables and labels call a scope."""

PLACES: dict[Scope, str] = {"conv1": "the first convolution", "all": "all convolutions"}
"""The same in a sentence: a penalty is on one of these."""


class ObjectiveConfig(BaseModel):
    """Strengths of the penalty and the layers it covers."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    l1_strength: float = Field(
        default=0.0, ge=0.0, le=10.0, description="λ of the L1 penalty, which pulls weights to 0"
    )
    l2_strength: float = Field(
        default=0.0,
        ge=-10.0,
        le=10.0,
        description="κ = −μ of the squared L2 penalty: negative pushes weights away from 0, positive is decay",
    )
    scope: Scope = Field(default="conv1", description="layers in W_conv: the first convolutional layer, or all of them")

    @property
    def tipping_point(self) -> float | None:
        """|w| = lambda / (2 mu): beyond it the penalty pushes a weight outwards; None unless kappa < 0."""
        return self.l1_strength / (-2.0 * self.l2_strength) if self.l2_strength < 0 else None


def penalty(weights: Tensor, l1_strength: Tensor, l2_strength: Tensor) -> Tensor:
    """Lambda ||W||_1 + kappa ||W||_2^2 of each member.

    Args:
        weights: shape (K, ...).
        l1_strength, l2_strength: shape (K,); kappa is signed.

    Returns:
        Shape (K,).
    """
    flat = weights.flatten(1)
    return l1_strength * flat.abs().sum(1) + l2_strength * flat.square().sum(1)


def penalty_force(weights: Tensor, l1_strength: float, l2_strength: float) -> Tensor:
    """-d penalty / dw = -lambda sign(w) - 2 kappa w: where the penalty alone moves each weight; shape kept."""
    return -l1_strength * weights.sign() - 2.0 * l2_strength * weights
