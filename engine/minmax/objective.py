"""The Min-Max objective (paper, Eq. 5) and its ablations as a configuration.

    CE(f(x), y) + lambda ||W_conv||_1 + kappa ||W_conv||_2^2

All variants are points of it: kappa = -mu < 0 is Min-Max, kappa > 0 is weight decay, both 0 is Std. Every further
entry of `penalties.py` can add a term of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer

from engine.minmax.penalties import L1, L2, checked_strengths

Scope = Literal["conv1", "all"]

SCOPES: dict[Scope, str] = {"conv1": "first convolution", "all": "all convolutions"}
"""What tables and labels call a scope."""

PLACES: dict[Scope, str] = {"conv1": "the first convolution", "all": "all convolutions"}
"""The same in a sentence: a penalty is on one of these."""


def _pairs(value: Any) -> Any:
    """A mapping as the tuple of its pairs; anything else is for the validation of the field."""
    return tuple(value.items()) if isinstance(value, Mapping) else value


Strengths = Annotated[
    tuple[tuple[str, float], ...],
    BeforeValidator(_pairs),
    AfterValidator(lambda pairs: checked_strengths(dict(pairs))),
    PlainSerializer(dict),
]
"""Strengths of further penalties by name: given and stored as a mapping, held as pairs, so that it can be a key."""


class ObjectiveConfig(BaseModel):
    """Strengths of the penalty and the layers it covers."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    l1_strength: float = Field(
        default=0.0, ge=L1.low, le=L1.high, description="λ of the L1 penalty, which pulls weights to 0"
    )
    l2_strength: float = Field(
        default=0.0,
        ge=L2.low,
        le=L2.high,
        description="κ = −μ of the squared L2 penalty: negative pushes weights away from 0, positive is decay",
    )
    scope: Scope = Field(default="conv1", description="layers in W_conv: the first convolutional layer, or all of them")
    penalties: Strengths = Field(
        default=(), exclude_if=lambda pairs: not pairs, description="finite strengths of further penalties by name"
    )

    @property
    def strengths(self) -> dict[str, float]:
        """Strength of each penalty by its name: L1 and L2 always, and those of `penalties`."""
        return {L1.name: self.l1_strength, L2.name: self.l2_strength, **dict(self.penalties)}

    @property
    def has_penalty(self) -> bool:
        """Whether the objective is more than the cross entropy."""
        return any(self.strengths.values())

    @property
    def tipping_point(self) -> float | None:
        """|w| = lambda / (2 mu): beyond it the penalty pushes a weight outwards; None unless kappa < 0.

        None also with further penalties, whose forces it does not know.
        """
        if self.l2_strength >= 0 or self.penalties:
            return None
        return self.l1_strength / (-2.0 * self.l2_strength)
