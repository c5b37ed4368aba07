"""Accuracy against epsilon: one attack at increasing epsilons, on images that are still correct."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from engine.attacks.attack_config import AttackConfig
from engine.attacks.catalog import attack_threat
from engine.errors import InputError
from engine.robustness.attack_session import AttackSession
from engine.robustness.attack_setup import AttackSetup
from engine.robustness.curve import Ended, RobustnessCurve, epsilon_steps
from engine.robustness.meter import slice_of
from engine.robustness.report import Judgement, judge, still_correct


def trace(setup: AttackSetup, attack: AttackConfig, sample_ids: Sequence[int]) -> RobustnessCurve:
    """The network's curve at the epsilons of `epsilon_steps`, until no image is correct.

    Balls nest, so an image that is misclassified at one epsilon counts as misclassified at all larger ones, and is not
    attacked again. Accuracy never rises.

    Args:
        sample_ids: (n,) indices into the test set.

    Raises:
        InputError: the attack minimizes, the step is not above 0, or as in `perturb`.
    """
    ball = attack_threat(attack, setup.threat)
    if ball is None or ball.epsilon <= 0.0:
        got = f"{attack.name} with a step of {setup.threat.epsilon:g}"
        raise InputError("an attack that searches a ball, with a step above 0", got, "Choose another attack or step.")
    tracer = _Tracer(replace(setup, threat=ball), attack)
    tracer.follow()
    return tracer.curve(sample_ids)


class _Tracer:
    """Partial curve while it is traced.

    alive: (n,) bool, images still correct; broken_at: (n,), as in `RobustnessCurve`.
    """

    def __init__(self, setup: AttackSetup, attack: AttackConfig) -> None:
        self.session, self.attack, self.ball = AttackSession(setup), attack, setup.threat
        self.steps, ended = epsilon_steps(self.ball, setup.std, self.session.images.shape[1:])
        self.ended: Ended = ended
        self.alive = self.session.correct
        self.broken_at: list[float | None] = [None if right else 0.0 for right in self.alive]
        self.epsilons, self.n_invalid = [0.0], 0

    def follow(self) -> None:
        """Attack at one epsilon after another."""
        for number, epsilon in enumerate(self.steps):
            if not self.alive.any():
                break
            self._step(number, epsilon)
        self._tell(1.0)

    def _step(self, number: int, epsilon: float) -> None:
        report = slice_of(self._tell, number, len(self.steps))
        report(0.0)
        here, session = self.ball.model_copy(update={"epsilon": epsilon}), self.session
        adversarial = session.attack(self.attack, here, self.alive, report=report)
        wrong = session.predict(adversarial)[0] != session.labels
        found = judge(self.attack, here, session.setup.std, session.images, adversarial, wrong)
        self._take(epsilon, found)

    def _take(self, epsilon: float, found: Judgement) -> None:
        self.n_invalid += int((self.alive & ~found.is_valid).sum())
        for sample in np.flatnonzero(self.alive & found.breaks_worst_case):
            self.broken_at[sample] = epsilon
        self.alive = still_correct(self.alive, found.breaks_worst_case)
        self.epsilons.append(epsilon)

    def _tell(self, fraction: float) -> None:
        share = self.alive.mean()
        left = "under 1" if 0.0 < share < 0.01 else f"{100 * share:.0f}"
        self.session.setup.progress(fraction, f"ε = {self.epsilons[-1]:g}: {left} % correct")

    def curve(self, sample_ids: Sequence[int]) -> RobustnessCurve:
        """The curve so far, as a record."""
        setup = self.session.setup
        return RobustnessCurve(
            attack=self.attack,
            threat=self.ball,
            pixel_scale=self.ball.model_copy(update={"epsilon": 1.0}).pixel_budget(setup.std),
            seed=setup.seed,
            sample_ids=tuple(map(int, sample_ids)),
            epsilons=tuple(self.epsilons),
            broken_at=tuple(self.broken_at),
            n_invalid=self.n_invalid,
            ended="nothing left" if not self.alive.any() else self.ended,
        )
