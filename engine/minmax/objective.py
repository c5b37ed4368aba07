"""The Min-Max objective (paper, Eq. 5) and its ablations as a configuration.

    CE(f(x), y) + lambda ||W_conv||_1 + kappa ||W_conv||_2^2

The values choose the variant: kappa = -mu < 0 is Min-Max, kappa > 0 is weight decay, lambda = kappa = 0 is Std. Each
further entry of `penalties.py` can add a term.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer

from engine.minmax.penalties import L1, L2, checked_strengths

Scope = Literal["conv1", "all"]

SCOPES: dict[Scope, str] = {"conv1": "first convolution", "all": "all convolutions"}
"""Title of each scope in tables and labels."""

PLACES: dict[Scope, str] = {"conv1": "the first convolution", "all": "all convolutions"}
"""Title of each scope in a sentence."""


def _pairs(value: Any) -> Any:
    """A mapping as a tuple of pairs; the field validates any other value."""
    return tuple(value.items()) if isinstance(value, Mapping) else value


Strengths = Annotated[
    tuple[tuple[str, float], ...],
    BeforeValidator(_pairs),
    AfterValidator(lambda pairs: checked_strengths(dict(pairs))),
    PlainSerializer(dict),
]
"""Strengths of further penalties by name: passed and stored as a mapping, held as hashable pairs."""


class ObjectiveConfig(BaseModel):
    """Strengths of the penalty and the layers it covers."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    l1_strength: float = Field(
        default=0.0, ge=L1.low, le=L1.high, description="λ, strength of the L1 penalty, which pulls weights toward 0"
    )
    l2_strength: float = Field(
        default=0.0,
        ge=L2.low,
        le=L2.high,
        description="κ = −μ, strength of the squared L2 penalty: negative repels weights from 0, positive is decay",
    )
    scope: Scope = Field(default="conv1", description="penalized layers: the first convolution or all convolutions")
    penalties: Strengths = Field(
        default=(), exclude_if=lambda pairs: not pairs, description="finite strengths of further penalties, by name"
    )

    @property
    def strengths(self) -> dict[str, float]:
        """Name of each penalty -> its strength: L1, L2, and those of `penalties`."""
        return {L1.name: self.l1_strength, L2.name: self.l2_strength, **dict(self.penalties)}

    @property
    def has_penalty(self) -> bool:
        """Whether the objective has a penalty besides the cross entropy."""
        return any(self.strengths.values())

    @property
    def tipping_point(self) -> float | None:
        """|w| = lambda / (2 mu), beyond which the penalty pushes a weight away from 0.

        None if kappa >= 0, or with further penalties, whose forces are unknown.
        """
        if self.l2_strength >= 0 or self.penalties:
            return None
        return self.l1_strength / (-2.0 * self.l2_strength)
