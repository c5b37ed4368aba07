"""Attempt: an attack on images that survived other attacks. No torch."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Attempt:
    """An attack on survivors of the white-box attacks; arrays are (n,) bool.

    tried: survivors that were attacked, at least one; broken: those of them that are now misclassified.
    share: fraction of all images that survived the white-box attacks.
    """

    tried: np.ndarray
    broken: np.ndarray
    share: float

    @property
    def n_tried(self) -> int:
        """Number of survivors that were attacked."""
        return int(self.tried.sum())

    @property
    def n_broken(self) -> int:
        """Number of attacked survivors that are now misclassified."""
        return int(self.broken.sum())

    @property
    def lowers(self) -> float:
        """Decrease of the white-box robust accuracy; an estimate if not all survivors were tried."""
        return self.n_broken / self.n_tried * self.share
