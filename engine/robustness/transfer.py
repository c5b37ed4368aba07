"""Transfer: what one network says to images made against another, and the counting behind it. No torch."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from pydantic import BaseModel, ConfigDict, model_validator

from engine.attacks.catalog import AnyAttack, attack_threat
from engine.attacks.threat import ThreatModel
from engine.formatting import epsilon_words
from engine.robustness.statistics import wilson_interval

Classes = tuple[int, ...]


@dataclass(frozen=True)
class TransferFigures:
    """One network's images before another.

    accuracy: of the target on the source's images; clean_accuracy: on the same unperturbed; both over all n.
    n_fooling: images that fool the source: right before the attack, wrong after it.
    n_transferred: of these, the target gets wrong too; n_wrong_clean: of these, wrong already without an attack.
    rate: n_transferred / n_fooling; low, high: its 95 % interval (Wilson); None when nothing fools the source.
    """

    n: int
    accuracy: float
    clean_accuracy: float
    n_fooling: int
    n_transferred: int
    n_wrong_clean: int
    rate: float | None
    low: float | None
    high: float | None


class Transfer(BaseModel):
    """Images that `attack` made on the run `source`, classified by the run `target`.

    Images that the source misclassifies anyway were not perturbed.

    pixel_epsilon: epsilon in pixels, per channel.
    source_weights, target_weights: digests of what was measured.
    samples: asked for, where that is known; more than n when the test set has fewer.
    labels: (n,); likewise predictions of clean and of adversarial images.
    target_probabilities_clean, target_probabilities: (k, classes), of the first k images, to 4 digits.

    Raises:
        ValueError: not as many predictions as labels, or no images.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    source: str
    target: str
    attack: AnyAttack
    threat: ThreatModel
    pixel_epsilon: tuple[float, ...]
    seed: int
    samples: int | None = None
    source_weights: str
    target_weights: str
    labels: Classes
    source_clean: Classes
    source_adversarial: Classes
    target_clean: Classes
    target_adversarial: Classes
    target_probabilities_clean: tuple[tuple[float, ...], ...] = ()
    target_probabilities: tuple[tuple[float, ...], ...] = ()

    @model_validator(mode="after")
    def _as_many_of_each(self):
        found = (self.labels, self.source_clean, self.source_adversarial, self.target_clean, self.target_adversarial)
        if not self.labels or len({len(values) for values in found}) > 1:
            raise ValueError(f"expected as many predictions as labels, got {[len(values) for values in found]}")
        return self

    @property
    def n(self) -> int:
        """How many images."""
        return len(self.labels)

    @property
    def is_white_box(self) -> bool:
        """Whether the images are the network's own."""
        return self.source == self.target

    @property
    def is_fooling(self) -> np.ndarray:
        """(n,) bool: the source is correct on the clean image and wrong on the adversarial one."""
        labels = np.asarray(self.labels)
        return (np.asarray(self.source_clean) == labels) & (np.asarray(self.source_adversarial) != labels)

    @property
    def is_wrong(self) -> np.ndarray:
        """(n,) bool: the target misclassifies the source's image."""
        return np.asarray(self.target_adversarial) != np.asarray(self.labels)

    @property
    def is_wrong_clean(self) -> np.ndarray:
        """(n,) bool: the target misclassifies the clean image."""
        return np.asarray(self.target_clean) != np.asarray(self.labels)

    def figures(self) -> TransferFigures:
        """All that is counted."""
        fooling = self.is_fooling
        n_fooling, transferred = int(fooling.sum()), int((fooling & self.is_wrong).sum())
        low, high = wilson_interval(transferred, n_fooling) if n_fooling else (None, None)
        return TransferFigures(
            n=self.n,
            accuracy=float((~self.is_wrong).mean()),
            clean_accuracy=float((~self.is_wrong_clean).mean()),
            n_fooling=n_fooling,
            n_transferred=transferred,
            n_wrong_clean=int((fooling & self.is_wrong_clean).sum()),
            rate=transferred / n_fooling if n_fooling else None,
            low=low,
            high=high,
        )

    @property
    def words(self) -> str:
        """How the images were made."""
        if attack_threat(self.attack, self.threat) is None:
            return f"{self.attack.name} images of any size, n = {self.n}" + self._seed_words
        epsilon = epsilon_words(self.threat.epsilon, self.threat.unit, self.pixel_epsilon)
        return f"{self.attack.name} images at {epsilon}, n = {self.n}" + self._seed_words

    @property
    def _seed_words(self) -> str:
        return f", seed {self.seed}" if self.seed else ""
