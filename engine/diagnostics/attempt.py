"""Attempt: an attack on what another one left. No torch."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Attempt:
    """An attack on survivors of the white box; arrays are (n,) bool.

    tried: survivors that were attacked, at least one; broken: those of them that did not last.
    share: of the survivors among all images.
    """

    tried: np.ndarray
    broken: np.ndarray
    share: float

    @property
    def n_tried(self) -> int:
        """How many survivors were attacked."""
        return int(self.tried.sum())

    @property
    def n_broken(self) -> int:
        """How many of them did not last."""
        return int(self.broken.sum())

    @property
    def lowers(self) -> float:
        """By how much it lowers the white box's robust accuracy; estimated where not all survivors were tried."""
        return self.n_broken / self.n_tried * self.share
