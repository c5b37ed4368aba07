"""Effort: how many steps, starts, queries and images an examination uses. No torch."""

from dataclasses import dataclass

from engine.attacks.attack_config import FORWARD_SHARE, AttackConfig
from engine.attacks.configs import APGD, FGSM, L2BIM, PGD, Square
from engine.attacks.threat import Norm

SHARES_OF_EPSILON = (0.5, 1.0, 1.5, 2.0)
"""Multiples of epsilon at which accuracy is measured."""

FAR_EPSILONS, FAR_STEP = (0.5, 1.0), 0.02
"""Sizes of linf balls that contain an image without content, and the step size in them; in pixels."""


@dataclass(frozen=True)
class Effort:
    """Sizes of the attacks of an examination; the defaults are those stated in the rules of the checks.

    steps: of PGD; starts: of APGD on cross-entropy, and of PGD when other starts are compared.
    tried: number of survivors that costly attacks run on; shown: number of images that other epsilons run on.
    queries: of Square, on each of `queried` survivors; noises: noise samples on each of `noised` survivors.
    far_steps: of PGD at `FAR_EPSILONS`.
    """

    steps: int = 100
    starts: int = 5
    tried: int = 250
    shown: int = 200
    queries: int = 5_000
    queried: int = 200
    noises: int = 10_000
    noised: int = 100
    far_steps: int = 200

    def gradient_attack(self, norm: Norm) -> PGD | L2BIM:
        """The first white-box attack: PGD with steps of epsilon / 10, or l2-bim under an l2 threat model."""
        return self._longer(norm, 1)

    def doubled(self, norm: Norm) -> PGD | L2BIM:
        """`gradient_attack` with twice as many steps."""
        return self._longer(norm, 2)

    def _longer(self, norm: Norm, factor: int) -> PGD | L2BIM:
        attack = PGD if norm == "linf" else L2BIM
        return attack(steps=self.steps * factor, step_size=max(0.1, 1 / self.steps))

    @property
    def adaptive(self) -> AttackConfig:
        """The second white-box attack: APGD on cross-entropy."""
        return APGD(steps=self.steps, restarts=self.starts)

    @property
    def ratio(self) -> AttackConfig:
        """APGD on the logit ratio, which does not depend on the scale of the logits; one start."""
        return APGD(name="apgd-dlr", steps=self.steps, restarts=1)

    @property
    def square(self) -> AttackConfig:
        """The black-box attack."""
        return Square(queries=self.queries)

    def far_attack(self, epsilon: float) -> PGD:
        """PGD in a linf ball of this size, in pixels."""
        return PGD(steps=self.far_steps, step_size=FAR_STEP / epsilon)

    def plan(self, n: int, norm: Norm, transfers: bool) -> dict[str, float]:
        """Part of an examination of n images -> its largest cost, in forward and backward passes of one image."""
        tried, shown = min(self.tried, n), min(self.shown, n)
        pgd = self.gradient_attack(norm).cost
        return {
            "pgd": n * pgd,
            "white_box": n * self.adaptive.cost,
            "fgsm": n * FGSM().cost,
            "restarted": tried * pgd * (self.starts - 1),
            "doubled": tried * self.doubled(norm).cost,
            "scaled": tried * pgd,
            "ratio": tried * self.ratio.cost,
            "queried": min(self.queried, n) * self.square.cost,
            "noised": min(self.noised, n) * self.noises * FORWARD_SHARE,
            "transferred": n * pgd if transfers else 0,
            "accuracy_by_share": shown * pgd * len(SHARES_OF_EPSILON),
            "far_accuracy": shown * sum(self.far_attack(epsilon).cost for epsilon in FAR_EPSILONS),
        }
