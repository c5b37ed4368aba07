"""RobustnessReport: record of an evaluation, and the counting behind it. No torch."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from engine.attacks.attack_config import AttackConfig
from engine.attacks.catalog import AnyAttack, attack_threat, counts_any_size
from engine.attacks.threat import ThreatModel, in_image_range
from engine.data.identity import Relation

Fraction = Field(ge=0.0, le=1.0)


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class AttackResult(_Record):
    """Result of one attack on one model; `threat` is the ball that the attack searched, None if it minimizes.

    n_attackable: number of samples that are correct before the attack.
    robust_accuracy: fraction of all n samples that are correct after this attack alone (a cell of the paper's tables).
    attack_success_rate: fraction of the attackable samples that are misclassified after the attack; None without any.
        For an attack that minimizes, see `counts_any_size` for both numbers.
    n_invalid: number of samples outside the ball or [0, 1], or not finite. They do not count as broken; a number above
        0 indicates a bug.
    n_found: number of attackable samples with an adversarial example of any size; None unless the attack minimizes.
    largest_linf, largest_l2: largest size of a finite perturbation, in pixels.
    median_linf, median_l2: median size of successful perturbations of attackable samples, in pixels; None without any.
    seconds: time to attack and classify the images.
    """

    attack: AnyAttack
    threat: ThreatModel | None
    n: int
    n_attackable: int
    n_invalid: int
    n_found: int | None = None
    robust_accuracy: float = Fraction
    attack_success_rate: float | None = Field(ge=0.0, le=1.0)
    largest_linf: float
    largest_l2: float
    median_linf: float | None = None
    median_l2: float | None
    seconds: float


class RobustnessReport(_Record):
    """Results of all attacks on one model and the same samples.

    robust_accuracy: fraction of all n samples that are correct under every attack within `threat`. It is at most the
        robust accuracy under each of these attacks, and at most the clean accuracy. An adversarial image of an attack
        that minimizes counts only if its size is within `threat`, although the result of cw alone counts every size.
    pixel_epsilon: epsilon in pixels, per channel.
    sample_ids: indices into the test set.
    samples: number of samples requested, if known; it exceeds n if the test set has fewer.
    test_data: digest of the whole test set; None in reports of earlier versions, and for a user's image.
    test_data_is: whether it belongs to the data that the network was trained on; None where `test_data` is.
    """

    threat: ThreatModel
    pixel_epsilon: tuple[float, ...]
    seed: int
    sample_ids: tuple[int, ...]
    samples: int | None = None
    test_data: str | None = Field(default=None, exclude_if=lambda digest: digest is None)
    test_data_is: Relation | None = Field(default=None, exclude_if=lambda relation: relation is None)
    clean_accuracy: float = Fraction
    robust_accuracy: float = Fraction
    attacks: tuple[AttackResult, ...]

    @property
    def n(self) -> int:
        """Number of evaluated samples."""
        return len(self.sample_ids)

    def shares_images(self, other: RobustnessReport) -> bool:
        """Whether both evaluated the same images, so that they can be compared image by image.

        Test data that a report of an earlier version does not name count as the same.
        """
        named = {report.test_data for report in (self, other)} - {None}
        return self.sample_ids == other.sample_ids and len(named) < 2

    @property
    def robust_accuracy_by_attack(self) -> dict[str, float]:
        """Attack name -> robust accuracy under this attack alone, in the order in which attacks ran."""
        return {result.attack.name: result.robust_accuracy for result in self.attacks}

    @property
    def n_invalid(self) -> int:
        """Number of invalid adversarial images; if it is not 0, no number of this report can be trusted."""
        return sum(result.n_invalid for result in self.attacks)


@dataclass(frozen=True, eq=False)
class Judgement:
    """Effect of one attack on each of n images; all arrays are (n,).

    is_valid: finite, and inside [0, 1] and the attack's ball, if it has one; is_adversarial: valid and misclassified.
    is_within: inside the threat model.
    linf, l2: size of the perturbation in pixels, float32.
    """

    is_valid: np.ndarray
    is_adversarial: np.ndarray
    is_within: np.ndarray
    linf: np.ndarray
    l2: np.ndarray

    @property
    def breaks_worst_case(self) -> np.ndarray:
        """(n,) bool: adversarial, and inside the threat model."""
        return self.is_adversarial & self.is_within

    def breaks_cell(self, attack: AttackConfig, threat: ThreatModel) -> np.ndarray:
        """(n,) bool: counted as broken in the accuracy under this attack alone."""
        return self.is_adversarial if counts_any_size(attack, threat) else self.breaks_worst_case


def minimal_distances(correct: np.ndarray, is_adversarial: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """Distance of each image from an error: 0 if misclassified without an attack, infinite if no error was found.

    Args:
        correct: (n,) bool, before an attack that minimizes; is_adversarial: (n,) bool and sizes: (n,), after it.

    Returns:
        (n,) float64, in the unit of `sizes`.
    """
    return np.where(correct, np.where(is_adversarial, sizes.astype(np.float64), np.inf), 0.0)


def still_correct(correct: np.ndarray, broken: np.ndarray) -> np.ndarray:
    """(n,) bool, correct before and not broken. Entries are only removed, so worst case <= each attack <= clean."""
    return correct & ~broken


def worst_case(correct: np.ndarray, judgements: Iterable[Judgement]) -> np.ndarray:
    """(n,) bool: correct before, and not broken within the threat model by any of the attacks.

    Args:
        correct: (n,) bool, before any attack.
        judgements: one per attack, on the same images.
    """
    survivors = correct
    for judgement in judgements:
        survivors = still_correct(survivors, judgement.breaks_worst_case)
    return survivors


def judge(
    attack: AttackConfig,
    threat: ThreatModel,
    std: Sequence[float],
    images: np.ndarray,
    adversarial: np.ndarray,
    misclassified: np.ndarray,
) -> Judgement:
    """Check the images of an attack, and measure their perturbations.

    Args:
        images, adversarial: (n, C, H, W) in [0, 1]; misclassified: (n,) bool, after the attack.
    """
    own = attack_threat(attack, threat)
    valid = own.within_budget(images, adversarial, std) if own else in_image_range(adversarial)
    pixels = {norm: ThreatModel(norm=norm, unit="pixel") for norm in ("linf", "l2")}
    sizes = {norm: ball.perturbation_size(images, adversarial, std) for norm, ball in pixels.items()}
    return Judgement(
        is_valid=valid,
        is_adversarial=valid & misclassified,
        is_within=threat.within_budget(images, adversarial, std),
        linf=sizes["linf"].astype(np.float32),
        l2=sizes["l2"].astype(np.float32),
    )


def summarize(
    attack: AttackConfig, threat: ThreatModel, correct: np.ndarray, found: Judgement, seconds: float
) -> AttackResult:
    """Result of one attack on one model; `correct` is (n,) bool, before the attack."""
    broken = found.breaks_cell(attack, threat)
    attackable, success = int(correct.sum()), correct & found.is_adversarial
    finite = np.isfinite(found.linf)
    return AttackResult(
        attack=attack,
        threat=attack_threat(attack, threat),
        n=len(correct),
        n_attackable=attackable,
        n_invalid=int((~found.is_valid).sum()),
        n_found=int(success.sum()) if attack.minimizes else None,
        robust_accuracy=float(still_correct(correct, broken).mean()),
        attack_success_rate=float((correct & broken).sum() / attackable) if attackable else None,
        largest_linf=float(found.linf[finite].max(initial=0.0)),
        largest_l2=float(found.l2[finite].max(initial=0.0)),
        median_linf=float(np.median(found.linf[success])) if success.any() else None,
        median_l2=float(np.median(found.l2[success])) if success.any() else None,
        seconds=seconds,
    )
