"""RobustnessCurve: record of accuracy against epsilon under one attack. No torch."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from typing import Literal, Self

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, model_validator

from engine.attacks.attack_config import AttackConfig
from engine.attacks.catalog import AnyAttack
from engine.attacks.threat import ThreatModel
from engine.robustness.report import Judgement, minimal_distances

MOST_STEPS = 40

Ended = Literal["nothing left", "whole range", "most steps", "not found"]


class RobustnessCurve(BaseModel):
    """Epsilon at which each image is first misclassified. Balls nest, so it is misclassified at all larger ones.

    threat: the ball that was searched; its epsilon is the step. For an attack that minimizes, the distances give an
        exact curve, epsilon is 0, and the unit is pixel.
    pixel_scale: size of one unit of epsilon in pixels, per channel.
    sample_ids: indices into the test set.
    epsilons: epsilons of the points of the curve, ascending from 0.
    broken_at: for each sample one of the epsilons; 0 if it is misclassified without an attack, None if it never was.
    n_invalid: number of adversarial images outside the ball or [0, 1], or not finite. They do not count as broken; a
        number above 0 indicates a bug.
    ended: reason for the end: no image is left to attack; the ball covers the whole image range; the largest number of
        steps is reached; or an attack that minimizes found nothing for the other images.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    attack: AnyAttack
    threat: ThreatModel
    pixel_scale: tuple[float, ...] = Field(min_length=1)
    seed: int
    sample_ids: tuple[int, ...] = Field(min_length=1)
    epsilons: tuple[float, ...] = Field(min_length=1)
    broken_at: tuple[float | None, ...]
    n_invalid: int = 0
    ended: Ended

    @model_validator(mode="after")
    def _adds_up(self) -> Self:
        if self.epsilons[0] != 0.0 or any(np.diff(self.epsilons) <= 0.0):
            raise ValueError("epsilons must ascend from 0")
        if len(self.broken_at) != len(self.sample_ids) or not {*self.broken_at} <= {None, *self.epsilons}:
            raise ValueError("every sample must be broken at one of the epsilons, or never")
        return self

    @property
    def n(self) -> int:
        """Number of samples, including those misclassified without an attack."""
        return len(self.sample_ids)

    @property
    def survivors(self) -> tuple[int, ...]:
        """Number of samples still correct at each of `epsilons`; it never increases."""
        return tuple(self.survivors_at(self.epsilons).tolist())

    @property
    def accuracies(self) -> tuple[float, ...]:
        """Fraction of samples still correct at each of `epsilons`."""
        return tuple(count / self.n for count in self.survivors)

    @property
    def clean_accuracy(self) -> float:
        """Fraction of unperturbed samples classified correctly."""
        return self.survivors[0] / self.n

    @property
    def half_epsilon(self) -> float | None:
        """Epsilon at which half of the clean accuracy is lost, by linear interpolation; None if it is not lost.

        A curve of distances is not interpolated: there it is the distance at which accuracy reaches half or less.
        """
        half, accuracies = self.clean_accuracy / 2, self.accuracies
        passed = next((index for index, accuracy in enumerate(accuracies) if accuracy <= half), None)
        if half == 0.0 or passed is None:
            return None
        if self.attack.minimizes:
            return self.epsilons[passed]
        (before, after), (left, right) = accuracies[passed - 1 : passed + 1], self.epsilons[passed - 1 : passed + 1]
        return left + (right - left) * (before - half) / (before - after)

    @property
    def gone_epsilon(self) -> float | None:
        """Smallest epsilon at which no sample is correct; None if some samples always are."""
        return None if None in self.broken_at else max(epsilon for epsilon in self.broken_at if epsilon is not None)

    def survivors_at(self, epsilons: Sequence[float]) -> np.ndarray:
        """Number of samples still correct at each epsilon, (points,) int.

        Valid up to the last of `epsilons`; beyond it only if no sample is left.
        """
        broken_at = np.sort([np.inf if epsilon is None else epsilon for epsilon in self.broken_at])
        return self.n - np.searchsorted(broken_at, epsilons, side="right")

    def pixels(self, epsilon: float) -> tuple[float, ...]:
        """An epsilon of this curve in pixels, per channel."""
        return tuple(epsilon * scale for scale in self.pixel_scale)

    @property
    def way(self) -> str:
        """Digest of attack, steps, seed and images; curves with equal digests can share a chart."""
        text = f"{self.attack.model_dump_json()} {self.threat.model_dump_json()} {self.seed} {self.sample_ids}"
        return hashlib.blake2b(text.encode(), digest_size=5).hexdigest()


def epsilon_steps(threat: ThreatModel, std: Sequence[float], shape: Sequence[int]) -> tuple[tuple[float, ...], Ended]:
    """Equal steps of `threat.epsilon` (above 0) until the ball covers [0, 1]^shape, at most 40; and the reason to end.

    Args:
        std: standard deviation of the data set, per channel; shape: (C, H, W).
    """
    scales = threat.model_copy(update={"epsilon": 1.0}).pixel_budget(std)
    pixels = math.prod(shape) // len(scales)
    reach = max(1 / scale for scale in scales) if threat.norm == "linf" else _length(scales, pixels)
    count = math.ceil(reach / threat.epsilon - 1e-9)
    steps = range(1, min(count, MOST_STEPS) + 1)
    return tuple(float(f"{step * threat.epsilon:.12g}") for step in steps), (
        "whole range" if count <= MOST_STEPS else "most steps"
    )


def curve_of_distances(
    attack: AttackConfig, correct: np.ndarray, found: Judgement, seed: int, sample_ids: Sequence[int], channels: int
) -> RobustnessCurve:
    """Exact curve of an attack that minimizes: an image is broken at its distance, in pixels.

    Args:
        correct: (n,) bool, before the attack; found: results on the same images; sample_ids: (n,).
    """
    sizes = found.linf if attack.norm == "linf" else found.l2
    distances = minimal_distances(correct, found.is_adversarial, sizes)
    broken = [None if math.isinf(distance) else float(f"{distance:.7g}") for distance in distances]
    return RobustnessCurve(
        attack=attack,
        threat=ThreatModel(norm=attack.norm, epsilon=0.0, unit="pixel"),
        pixel_scale=(1.0,) * channels,
        seed=seed,
        sample_ids=tuple(sample_ids),
        epsilons=tuple(sorted({0.0, *(epsilon for epsilon in broken if epsilon is not None)})),
        broken_at=tuple(broken),
        n_invalid=int((correct & ~found.is_valid).sum()),
        ended="not found" if None in broken else "nothing left",
    )


def _length(scales: Sequence[float], pixels: int) -> float:
    """Length of the diagonal of the image range, with each channel in its own unit."""
    return math.sqrt(pixels * sum(1 / scale**2 for scale in scales))
