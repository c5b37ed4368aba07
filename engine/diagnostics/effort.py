"""Effort: how hard an examination tries. No torch."""

from dataclasses import dataclass

from engine.attacks.attack_config import FORWARD_SHARE, AttackConfig
from engine.attacks.configs import APGD, FGSM, L2BIM, PGD, Square
from engine.attacks.threat import Norm

SHARES_OF_EPSILON = (0.5, 1.0, 1.5, 2.0)
"""Of the accuracy against epsilon."""

FAR_EPSILONS, FAR_STEP = (0.5, 1.0), 0.02
"""In pixels: linf balls that hold an image without content, and a step in them."""


@dataclass(frozen=True)
class Effort:
    """Numbers of everything an examination repeats; the defaults are those that the checks' rules speak of.

    steps: of PGD; starts: of APGD on cross-entropy, and of PGD where restarts are compared.
    tried: how many survivors costly attacks are tried on; shown: how many images other epsilons are.
    queries: of Square, on `queried` survivors; noises: on each of `noised` survivors.
    far_steps: of PGD at epsilons where nothing may survive.
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
        """The white box's first attack: steps of epsilon / 10."""
        return self._longer(norm, 1)

    def doubled(self, norm: Norm) -> PGD | L2BIM:
        """The same with twice as many steps."""
        return self._longer(norm, 2)

    def _longer(self, norm: Norm, factor: int) -> PGD | L2BIM:
        attack = PGD if norm == "linf" else L2BIM
        return attack(steps=self.steps * factor, step_size=max(0.1, 1 / self.steps))

    @property
    def adaptive(self) -> AttackConfig:
        """The white box's second attack."""
        return APGD(steps=self.steps, restarts=self.starts)

    @property
    def ratio(self) -> AttackConfig:
        """One start on the logit ratio, which is blind to the size of the logits."""
        return APGD(name="apgd-dlr", steps=self.steps, restarts=1)

    @property
    def square(self) -> AttackConfig:
        """The black box."""
        return Square(queries=self.queries)

    def far_attack(self, epsilon: float) -> PGD:
        """PGD in a linf ball of this size, in pixels."""
        return PGD(steps=self.far_steps, step_size=FAR_STEP / epsilon)

    def plan(self, n: int, norm: Norm, transfers: bool) -> dict[str, float]:
        """Part of an examination of n images -> its largest cost, in images through forward and backward."""
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
