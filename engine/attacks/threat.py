"""ThreatModel: a ball around each image, intersected with the image range [0, 1].

No torch at run time, since pages use threat models without it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

if TYPE_CHECKING:
    from torch import Tensor

Norm = Literal["linf", "l2"]
Unit = Literal["pixel", "normalized"]

TOLERANCE = 1e-6


class ThreatModel(BaseModel):
    """All images x' in [0, 1] with ||(x' - x) / scale|| <= epsilon.

    The scale is 1 for the unit "pixel", and the data set's standard deviation per channel for the unit "normalized",
    as in the normalized input of the network. `std` has one entry per channel in all methods.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    norm: Norm = Field(
        default="linf", description="norm of the perturbation: linf, the largest change of a pixel, or l2, the length"
    )
    epsilon: float = Field(default=0.3, ge=0.0, le=100.0, description="ε, the largest allowed perturbation")
    unit: Unit = Field(
        default="normalized", description="unit of ε: pixel values in [0, 1], or these divided by the channel's std"
    )

    def pixel_budget(self, std: Sequence[float]) -> tuple[float, ...]:
        """Largest change of a pixel, per channel; for l2, if no other pixel changes."""
        return tuple(float(self.epsilon * factor) for factor in self._scale(std))

    def perturbation_size(self, images, adversarial, std: Sequence[float]) -> np.ndarray:
        """Size of each sample's perturbation in this norm and unit.

        Args:
            images, adversarial: (n, C, H, W), arrays or tensors on the CPU.

        Returns:
            (n,) float64; NaN or infinite where `adversarial` is.
        """
        delta = np.asarray(adversarial, np.float64) - np.asarray(images, np.float64)
        delta /= self._scale(std)[:, None, None]
        if self.norm == "linf":
            return np.abs(delta).max(axis=(1, 2, 3))
        return np.sqrt(np.square(delta).sum(axis=(1, 2, 3)))

    def within_budget(self, images, adversarial, std: Sequence[float]) -> np.ndarray:
        """(n,) bool: inside the ball up to 1e-6, inside [0, 1], and finite; arguments as in `perturbation_size`."""
        return in_image_range(adversarial) & (
            self.perturbation_size(images, adversarial, std) <= self.epsilon + TOLERANCE
        )

    def project(self, images: Tensor, adversarial: Tensor, std: Sequence[float]) -> Tensor:
        """The nearest point of the ball to each finite (n, C, H, W) `adversarial`, then clipped to [0, 1].

        Clipping never leaves the ball, since the clean pixel is in [0, 1] too. Computed in float64; a value that is
        projected is rounded toward its clean pixel, so rounding never leaves the ball either.
        """
        clean = images.double()
        scale = clean.new_tensor(self._scale(std)).view(-1, 1, 1)
        delta = (adversarial.double() - clean) / scale
        if self.norm == "linf":
            kept = delta.clamp(-self.epsilon, self.epsilon)
        else:
            size = delta.flatten(1).norm(dim=1).clamp(min=1e-300)
            kept = delta * (self.epsilon / size).clamp(max=1.0).view(-1, 1, 1, 1)
        moved = (clean + kept * scale).to(images.dtype).nextafter(images)
        return adversarial.where(kept == delta, moved).clamp(0.0, 1.0)

    def _scale(self, std: Sequence[float]) -> np.ndarray:
        return np.asarray(std, np.float64) if self.unit == "normalized" else np.ones(len(std))


def in_image_range(images) -> np.ndarray:
    """(n,) bool: every pixel of the (n, C, H, W) array or CPU tensor is finite and in [0, 1]."""
    pixels = np.asarray(images)
    return np.all((pixels >= 0.0) & (pixels <= 1.0), axis=(1, 2, 3))
