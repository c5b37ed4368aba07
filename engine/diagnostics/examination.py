"""Examination: the evidence on one network and the images of one protocol.

Each attribute is computed once, when it is first read. `Evidence` describes the attributes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from torch import nn

from engine.attacks.attack_config import AttackConfig
from engine.attacks.configs import FGSM, PGD
from engine.attacks.threat import ThreatModel
from engine.diagnostics.attempt import Attempt
from engine.diagnostics.effort import FAR_EPSILONS, SHARES_OF_EPSILON, Effort
from engine.diagnostics.evidence import NotRun
from engine.diagnostics.noise import broken_by_noise
from engine.diagnostics.outputs import gradient_sizes, repeated_logits
from engine.diagnostics.trials import Trials
from engine.diagnostics.wrapper import DividedByMargin
from engine.robustness.attack_session import AttackSession
from engine.robustness.attack_setup import AttackSetup
from engine.robustness.meter import slice_of
from engine.robustness.report import RobustnessReport, still_correct

FORWARDS = 5


@dataclass(frozen=True)
class Reference:
    """Another network that takes the same images, and its name."""

    name: str
    network: nn.Module


class Examination:
    """Measurements of a setup's network under the setup's threat model; implements `Evidence`.

    report: the evaluation to be checked; worst_case: (n,) bool, correct under all of its attacks.
    """

    def __init__(
        self,
        setup: AttackSetup,
        reference: Reference | None = None,
        report: RobustnessReport | None = None,
        worst_case: np.ndarray | None = None,
        effort: Effort | None = None,
    ) -> None:
        self.setup, self.effort = setup, effort or Effort()
        self.report, self.worst_case = report, worst_case
        self.pgd_attack = self.effort.gradient_attack(setup.threat.norm)
        self._reference = reference
        self._trials = Trials(setup, self.effort, transfers=reference is not None)
        self._session = self._trials.session

    @property
    def correct(self) -> np.ndarray:
        return self._session.correct

    @property
    def reference_name(self) -> str | None:
        return self._reference.name if self._reference else None

    @cached_property
    def forwards(self) -> np.ndarray:
        return repeated_logits(self._session, FORWARDS)

    @cached_property
    def gradient_sizes(self) -> np.ndarray:
        return gradient_sizes(self._session)

    @cached_property
    def _pgd(self) -> tuple[np.ndarray, np.ndarray, int]:
        """Values of `pgd`, `pgd_path` and `n_invalid`."""
        with self._trials.part("pgd") as report:
            images, always = self._trials.watch(self.pgd_attack, report)
        threat, std = self.setup.threat, self.setup.std
        at_end = self._trials.still_correct(images, threat)
        return at_end, at_end & always, int((~threat.within_budget(self._session.images, images, std)).sum())

    @property
    def pgd(self) -> np.ndarray:
        return self._pgd[0]

    @property
    def pgd_path(self) -> np.ndarray:
        return self._pgd[1]

    @property
    def n_invalid(self) -> int:
        return self._pgd[2]

    @cached_property
    def white_box(self) -> np.ndarray:
        survives = self.pgd_path
        if self.setup.threat.norm == "l2":
            return survives
        with self._trials.part("white_box") as report:
            return survives & self._trials.survivors(self.effort.adaptive, report, where=survives)

    @cached_property
    def fgsm(self) -> np.ndarray:
        self._require_fit(FGSM())
        with self._trials.part("fgsm") as report:
            return self._trials.survivors(FGSM(), report)

    @cached_property
    def restarted(self) -> Attempt:
        if not isinstance(self.pgd_attack, PGD):
            raise NotRun("The l2 attack has no random start")
        return self._attempt("restarted", self.pgd_attack, draws=range(1, self.effort.starts))

    @cached_property
    def doubled(self) -> Attempt:
        return self._attempt("doubled", self.effort.doubled(self.setup.threat.norm))

    @cached_property
    def scaled(self) -> Attempt:
        return self._attempt("scaled", self.pgd_attack, on=self._before(DividedByMargin(self.setup.network)))

    @cached_property
    def ratio(self) -> Attempt:
        return self._attempt("ratio", self.effort.ratio)

    @cached_property
    def queried(self) -> Attempt:
        return self._attempt("queried", self.effort.square, self.effort.queried)

    @cached_property
    def noised(self) -> Attempt:
        tried = self._first_survivors(self.effort.noised)
        with self._trials.part("noised") as report:
            broken = broken_by_noise(self._session, tried, self.effort.noises, report)
        return Attempt(tried, broken, float(self.white_box.mean()))

    @cached_property
    def transferred(self) -> np.ndarray:
        if self._reference is None:
            raise NotRun("No other finished Std run of this data set and architecture is available to transfer from")
        with self._trials.part("transferred") as report:
            return self._trials.survivors(self.pgd_attack, report, on=self._before(self._reference.network))

    @cached_property
    def accuracy_by_share(self) -> dict[float, float]:
        threat = self.setup.threat
        threats = [threat.model_copy(update={"epsilon": share * threat.epsilon}) for share in SHARES_OF_EPSILON]
        attacks = [self.pgd_attack] * len(threats)
        return self._accuracies("accuracy_by_share", SHARES_OF_EPSILON, attacks, threats)

    @cached_property
    def far_accuracy(self) -> dict[float, float]:
        threats = [ThreatModel(epsilon=epsilon, unit="pixel") for epsilon in FAR_EPSILONS]
        attacks = [self.effort.far_attack(epsilon) for epsilon in FAR_EPSILONS]
        return self._accuracies("far_accuracy", FAR_EPSILONS, attacks, threats)

    @cached_property
    def unbroken(self) -> np.ndarray:
        survives = self.white_box
        for name in ("fgsm", "restarted", "doubled", "scaled", "ratio", "queried", "noised", "transferred"):
            try:
                found = getattr(self, name)
            except NotRun:
                continue
            survives = still_correct(survives, found.broken if isinstance(found, Attempt) else ~found)
        return survives

    def _before(self, network: nn.Module) -> AttackSession:
        """Session of another network on the same images."""
        return AttackSession(replace(self.setup, network=network))

    def _attempt(
        self,
        part: str,
        attack: AttackConfig,
        count: int | None = None,
        on: AttackSession | None = None,
        draws: Sequence[int] = (0,),
    ) -> Attempt:
        """An attack on the first survivors of the white-box attacks; each draw attacks those still correct."""
        self._require_fit(attack)
        tried = self._first_survivors(count or self.effort.tried)
        with self._trials.part(part) as report:
            left = self._trials.survivors_of_draws(attack, report, tried, on, draws)
        return Attempt(tried, tried & ~left, float(self.white_box.mean()))

    def _accuracies(
        self, part: str, keys: Sequence[float], attacks: Sequence[AttackConfig], threats: Sequence[ThreatModel]
    ) -> dict[float, float]:
        """Key -> accuracy on the first images under the attack and the threat model at the same position."""
        shown = self.effort.shown
        with self._trials.part(part) as report:
            return {
                key: self._trials.accuracy(attack, threat, shown, slice_of(report, place, len(keys)))
                for place, (key, attack, threat) in enumerate(zip(keys, attacks, threats, strict=True))
            }

    def _first_survivors(self, count: int) -> np.ndarray:
        if not self.white_box.any():
            raise NotRun("No image survives the white-box attacks")
        return self.white_box & (np.cumsum(self.white_box) <= count)

    def _require_fit(self, attack: AttackConfig) -> None:
        if attack.norm == "linf" and self.setup.threat.norm == "l2":
            raise NotRun(f"{attack.name} does not search an l2 ball")
