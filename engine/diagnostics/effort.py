"""Effort: how hard an examination tries. No torch."""

from dataclasses import dataclass

from engine.attacks.configs import APGD, L2BIM, PGD, AttackConfig, Square
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

    def plan(self, n: int, transfers: bool) -> dict[str, float]:
        """What an examination of n images costs, part by part: passes forward and back of one image, at most."""
        tried, shown = min(self.tried, n), min(self.shown, n)
        forward = 1 / 3
        return {
            "pgd": n * self.steps,
            "white_box": n * self.steps * self.starts,
            "fgsm": n,
            "restarted": tried * self.steps * (self.starts - 1),
            "doubled": tried * self.steps * 2,
            "scaled": tried * self.steps,
            "ratio": tried * self.steps,
            "queried": min(self.queried, n) * self.queries * forward,
            "noised": min(self.noised, n) * self.noises * forward,
            "transferred": n * self.steps if transfers else 0,
            "accuracy_by_share": shown * self.steps * len(SHARES_OF_EPSILON),
            "far_accuracy": shown * self.far_steps * len(FAR_EPSILONS),
        }
