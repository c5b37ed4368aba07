"""Evidence: what the checks read about a network. No torch."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Protocol

import numpy as np

from engine.diagnostics.attempt import Attempt
from engine.diagnostics.effort import Effort
from engine.robustness.report import RobustnessReport


class NotRun(Exception):
    """Raised where evidence is not available; its message states the reason."""


class Evidence(Protocol):
    """What an examination of one network finds on n images; arrays are (n,) bool unless stated otherwise.

    Reading an attribute may raise NotRun.
    """

    @property
    def effort(self) -> Effort:
        """How much each attack was given."""
        ...

    @property
    def reference_name(self) -> str | None:
        """The network that adversarial images were transferred from."""
        ...

    @property
    def report(self) -> RobustnessReport | None:
        """The evaluation that is judged."""
        ...

    @property
    def worst_case(self) -> np.ndarray | None:
        """Correct at the end of that evaluation."""
        ...

    @property
    def correct(self) -> np.ndarray:
        """Correct without an attack."""
        ...

    @cached_property
    def forwards(self) -> np.ndarray:
        """(5, n, classes) logits of the clean images, computed again each time."""
        ...

    @cached_property
    def gradient_sizes(self) -> np.ndarray:
        """(n,) float32, the largest component of the cross-entropy's gradient at each clean image."""
        ...

    @property
    def pgd(self) -> np.ndarray:
        """Correct after PGD of one start, at its end."""
        ...

    @property
    def pgd_path(self) -> np.ndarray:
        """Correct at the end and at every step before."""
        ...

    @property
    def n_invalid(self) -> int:
        """PGD's images outside the budget or [0, 1], or not finite."""
        ...

    @cached_property
    def white_box(self) -> np.ndarray:
        """Correct after PGD, its best iterate, and APGD on cross-entropy; in l2 after PGD alone."""
        ...

    @cached_property
    def fgsm(self) -> np.ndarray:
        """Correct after one step."""
        ...

    @cached_property
    def restarted(self) -> Attempt:
        """PGD from other random starts."""
        ...

    @cached_property
    def doubled(self) -> Attempt:
        """PGD with twice as many steps."""
        ...

    @cached_property
    def scaled(self) -> Attempt:
        """PGD on logits divided by their margin."""
        ...

    @cached_property
    def ratio(self) -> Attempt:
        """APGD on the logit ratio."""
        ...

    @cached_property
    def queried(self) -> Attempt:
        """Square."""
        ...

    @cached_property
    def noised(self) -> Attempt:
        """Noise, uniform in the box of the linf ball, then projected."""
        ...

    @cached_property
    def transferred(self) -> np.ndarray:
        """Correct on what PGD made of the images on the reference."""
        ...

    @cached_property
    def accuracy_by_share(self) -> Mapping[float, float]:
        """Multiple of epsilon -> accuracy under PGD on the first images; ascending."""
        ...

    @cached_property
    def far_accuracy(self) -> Mapping[float, float]:
        """Epsilon of a linf ball that holds an image without content, in pixels -> the same."""
        ...

    @cached_property
    def unbroken(self) -> np.ndarray:
        """Correct after every attack above that can be run and stays inside the threat model."""
        ...
