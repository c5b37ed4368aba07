"""RobustnessCurve: accuracy against epsilon under one attack, as small JSON. No torch."""

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
    """At which epsilon each image was first misclassified. Balls nest, so it is at every larger one.

    threat: the ball that was searched, epsilon the step from one to the next; for an attack that minimizes, whose
        distances are the curve and exact, epsilon is 0 and the unit pixels.
    pixel_scale: pixels that one unit of epsilon is, per channel.
    sample_ids: indices into the test set.
    epsilons: at which the curve is known; ascending from 0.
    broken_at: for each sample one of the epsilons; 0 when it is misclassified anyway, None when it never was.
    n_invalid: adversarial images outside the ball or [0, 1], or not finite; they break nothing, and not 0 is a bug.
    ended: nothing left to attack; the ball covers the whole image range; as many steps as are taken at most; or
        an attack that minimizes found nothing for the rest.
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
        """How many samples were attacked or misclassified anyway."""
        return len(self.sample_ids)

    @property
    def survivors(self) -> tuple[int, ...]:
        """Samples still correct at each of `epsilons`; never more than at the one before."""
        return tuple(self.survivors_at(self.epsilons).tolist())

    @property
    def accuracies(self) -> tuple[float, ...]:
        """The same as fractions of all samples."""
        return tuple(count / self.n for count in self.survivors)

    @property
    def clean_accuracy(self) -> float:
        """Fraction of unperturbed samples classified correctly."""
        return self.survivors[0] / self.n

    @property
    def half_epsilon(self) -> float | None:
        """Where half of the clean accuracy is gone, on straight lines between the points; None when it never is.

        A curve of distances has no lines between points: there it is the distance that breaks the image after half.
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
        """The smallest epsilon at which nothing is left; None when something always is."""
        return None if None in self.broken_at else max(epsilon for epsilon in self.broken_at if epsilon is not None)

    def survivors_at(self, epsilons: Sequence[float]) -> np.ndarray:
        """Samples still correct at epsilons up to the last one, or beyond it once nothing is left; (points,) int."""
        broken_at = np.sort([np.inf if epsilon is None else epsilon for epsilon in self.broken_at])
        return self.n - np.searchsorted(broken_at, epsilons, side="right")

    def pixels(self, epsilon: float) -> tuple[float, ...]:
        """An epsilon of this curve in pixels, per channel."""
        return tuple(epsilon * scale for scale in self.pixel_scale)

    @property
    def way(self) -> str:
        """Digest, equal for curves that may share a chart: of one attack, in the same steps, on the same images."""
        text = f"{self.attack.model_dump_json()} {self.threat.model_dump_json()} {self.seed} {self.sample_ids}"
        return hashlib.blake2b(text.encode(), digest_size=5).hexdigest()


def epsilon_steps(threat: ThreatModel, std: Sequence[float], shape: Sequence[int]) -> tuple[tuple[float, ...], Ended]:
    """Equal steps of `threat.epsilon` (above 0) until the ball covers [0, 1]^shape, at most 40; and which of both.

    Args:
        std: per channel, of the data set; shape: (C, H, W).
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
    """The exact curve that an attack that minimizes gives: an image is lost at its distance, in pixels.

    Args:
        correct: (n,) bool, before the attack; found: of the same images; sample_ids: (n,).
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
    """Of the diagonal of the image range, each channel in its own unit."""
    return math.sqrt(pixels * sum(1 / scale**2 for scale in scales))
