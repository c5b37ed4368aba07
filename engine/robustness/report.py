"""RobustnessReport: what an evaluation found, as small JSON; and the counting behind it. No torch."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from engine.robustness.protocol import AttackConfig, attack_threat
from engine.robustness.threat import ThreatModel, in_image_range

Fraction = Field(ge=0.0, le=1.0)


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class AttackResult(_Record):
    """One attack on one model; `threat` is the ball the attack was held to, None for cw.

    robust_accuracy: of all n samples, still correct after this attack alone (a cell of the paper's tables).
    attack_success_rate: misclassified after / correct before; None when nothing was correct before.
    n_invalid: samples outside the ball or [0, 1], or not finite. They are not counted as broken; not 0 is a bug.
    largest_linf, largest_l2: of any finite perturbation, in pixels.
    median_l2: of the successes on images that were correct before, in pixels; None without any.
    seconds: time for the whole stack / members.
    """

    attack: AttackConfig
    threat: ThreatModel | None
    n: int
    n_attackable: int
    n_invalid: int
    robust_accuracy: float = Fraction
    attack_success_rate: float | None = Field(ge=0.0, le=1.0)
    largest_linf: float
    largest_l2: float
    median_l2: float | None
    seconds: float


class RobustnessReport(_Record):
    """All attacks on one model on the same samples.

    robust_accuracy: of all n samples, still correct under every attack that stays within `threat`. Never more than
        the robust accuracy under any one of them, nor than the clean accuracy. A cw image counts only where its
        size is within `threat`, though its own cell counts every size.
    pixel_epsilon: epsilon in pixels, per channel.
    sample_ids: indices into the test set.
    """

    threat: ThreatModel
    pixel_epsilon: tuple[float, ...]
    seed: int
    sample_ids: tuple[int, ...]
    clean_accuracy: float = Fraction
    robust_accuracy: float = Fraction
    attacks: tuple[AttackResult, ...]

    @property
    def n(self) -> int:
        """How many samples were evaluated."""
        return len(self.sample_ids)

    @property
    def robust_accuracy_by_attack(self) -> dict[str, float]:
        """Attack name -> robust accuracy under it alone, in the order they ran."""
        return {result.attack.name: result.robust_accuracy for result in self.attacks}

    @property
    def n_invalid(self) -> int:
        """Adversarial images that broke the rules; unless 0, no number here is to be trusted."""
        return sum(result.n_invalid for result in self.attacks)


def still_correct(correct: np.ndarray, broken: np.ndarray) -> np.ndarray:
    """(n,) bool, correct before and not broken: only loses entries, so worst case <= each attack <= clean."""
    return correct & ~broken


def judge(
    attack: AttackConfig,
    threat: ThreatModel,
    std: Sequence[float],
    images: np.ndarray,
    adversarial: np.ndarray,
    correct: np.ndarray,
    misclassified: np.ndarray,
    seconds: float,
) -> tuple[AttackResult, np.ndarray]:
    """Count one attack on one model, after checking its images.

    Args:
        images, adversarial: (n, C, H, W) in [0, 1].
        correct, misclassified: (n,) bool, before and after the attack.

    Returns:
        The counts, and (n,) bool: misclassified within `threat`, which is what the worst case loses.
    """
    own = attack_threat(attack, threat)
    valid = own.within_budget(images, adversarial, std) if own else in_image_range(adversarial)
    is_adversarial = valid & misclassified
    attackable, success = int(correct.sum()), correct & is_adversarial
    finite = np.isfinite(adversarial).all(axis=(1, 2, 3))
    l2 = ThreatModel(norm="l2", unit="pixel").perturbation_size(images, adversarial, std)
    linf = ThreatModel(norm="linf", unit="pixel").perturbation_size(images, adversarial, std)
    result = AttackResult(
        attack=attack,
        threat=own,
        n=len(correct),
        n_attackable=attackable,
        n_invalid=int((~valid).sum()),
        robust_accuracy=float(still_correct(correct, is_adversarial).mean()),
        attack_success_rate=float(success.sum() / attackable) if attackable else None,
        largest_linf=float(linf[finite].max(initial=0.0)),
        largest_l2=float(l2[finite].max(initial=0.0)),
        median_l2=float(np.median(l2[success])) if success.any() else None,
        seconds=seconds,
    )
    return result, is_adversarial & threat.within_budget(images, adversarial, std)
