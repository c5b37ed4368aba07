"""Transfer: predictions of one network on images made on another, and the counting behind it. No torch."""

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
    """Numbers of a transfer from a source to a target.

    accuracy: of the target on the source's images; clean_accuracy: on the clean images; both over all n.
    n_fooling: number of images that fool the source: correct before the attack, misclassified after it.
    n_transferred: number of these that the target misclassifies too.
    n_wrong_clean: number of the fooling images that the target misclassifies without an attack.
    rate: n_transferred / n_fooling; low, high: its 95 % interval (Wilson); None if no image fools the source.
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

    Images that the source misclassifies without an attack are not perturbed.

    pixel_epsilon: epsilon in pixels, per channel.
    source_weights, target_weights: digests of the weights that were used.
    samples: number of images requested, if known; it exceeds n if the test set has fewer.
    labels: (n,), as are the predictions on clean and adversarial images.
    target_probabilities_clean, target_probabilities: (k, classes), of the first k images, to 4 digits.

    Raises:
        ValueError: the number of predictions differs from that of labels, or there are no images.
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
        """Number of images."""
        return len(self.labels)

    @property
    def is_white_box(self) -> bool:
        """Whether source and target are the same run."""
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
        """Numbers of this transfer."""
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
        """Description of how the images were made."""
        if attack_threat(self.attack, self.threat) is None:
            return f"{self.attack.name} images of any size, n = {self.n}" + self._seed_words
        epsilon = epsilon_words(self.threat.epsilon, self.threat.unit, self.pixel_epsilon)
        return f"{self.attack.name} images at {epsilon}, n = {self.n}" + self._seed_words

    @property
    def _seed_words(self) -> str:
        return f", seed {self.seed}" if self.seed else ""
