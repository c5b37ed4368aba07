"""AttackSetup: the network to attack, the images and the threat model. No torch at run time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from engine.attacks.threat import ThreatModel
from engine.errors import InputError
from engine.robustness.cache import AdversarialCache
from engine.robustness.meter import Progress, unreported

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True, kw_only=True, eq=False)
class AttackSetup:
    """Settings that all attacks on one network share.

    images, labels: (n, C, H, W), uint8 or floats in [0, 1], and (n,) integers; n at least 1.
    std: standard deviation of the data set, per channel.
    seed: seed of the attacks' random numbers.
    cache: cache of adversarial images; by default nothing is cached.
    progress: called before every forward pass of an attack; an exception it raises ends the work.
    batch_size: number of images attacked together; each batch has separate random numbers.

    Raises:
        InputError: there are no images, or the number of labels differs.
    """

    network: nn.Module
    images: np.ndarray
    labels: np.ndarray
    threat: ThreatModel
    std: Sequence[float]
    seed: int
    cache: AdversarialCache = field(default_factory=AdversarialCache)
    progress: Progress = unreported
    batch_size: int = 250

    def __post_init__(self) -> None:
        if not len(self.images) == len(self.labels) > 0:
            got = f"{len(self.images)} images and {len(self.labels)} labels"
            raise InputError("one or more images and as many labels", got, "Pass a label for each image.")


def as_pixels(images: np.ndarray) -> np.ndarray:
    """Pixels in [0, 1] as float32: uint8 values are divided by 255, floats are not scaled."""
    return images.astype(np.float32) / 255.0 if images.dtype == np.uint8 else images.astype(np.float32)
