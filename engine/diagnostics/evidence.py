"""Evidence: measurements of a network that the checks read. No torch."""

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
        """Sizes of the attacks."""
        ...

    @property
    def reference_name(self) -> str | None:
        """Name of the network that adversarial images were transferred from."""
        ...

    @property
    def report(self) -> RobustnessReport | None:
        """The evaluation that is checked."""
        ...

    @property
    def worst_case(self) -> np.ndarray | None:
        """Correct under every attack of that evaluation."""
        ...

    @property
    def correct(self) -> np.ndarray:
        """Correct without an attack."""
        ...

    @cached_property
    def forwards(self) -> np.ndarray:
        """(5, n, classes) logits of the clean images, from five separate forward passes."""
        ...

    @cached_property
    def gradient_sizes(self) -> np.ndarray:
        """(n,) float32, largest absolute component of the gradient of the cross-entropy at each clean image."""
        ...

    @property
    def pgd(self) -> np.ndarray:
        """Correct at the last step of PGD from one start."""
        ...

    @property
    def pgd_path(self) -> np.ndarray:
        """Correct at every step of that PGD."""
        ...

    @property
    def n_invalid(self) -> int:
        """Number of PGD's images that are outside the budget or [0, 1], or not finite."""
        ...

    @cached_property
    def white_box(self) -> np.ndarray:
        """Correct at every step of PGD and after APGD on cross-entropy; in l2, at every step of l2-bim."""
        ...

    @cached_property
    def fgsm(self) -> np.ndarray:
        """Correct after FGSM."""
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
        """Square, which uses no gradients."""
        ...

    @cached_property
    def noised(self) -> Attempt:
        """Uniform noise in the box of the linf ball, projected onto the threat model's ball."""
        ...

    @cached_property
    def transferred(self) -> np.ndarray:
        """Correct on the images that PGD made on the reference."""
        ...

    @cached_property
    def accuracy_by_share(self) -> Mapping[float, float]:
        """Multiple of epsilon -> accuracy under PGD on the first images; ascending."""
        ...

    @cached_property
    def far_accuracy(self) -> Mapping[float, float]:
        """Each of `FAR_EPSILONS`, in pixels -> accuracy under PGD on the first images."""
        ...

    @cached_property
    def unbroken(self) -> np.ndarray:
        """Correct after every attack above that could run and stays inside the threat model."""
        ...
