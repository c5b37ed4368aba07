"""One class per attack: its parameters and their limits. No torch, since forms and pages read them.

Step sizes are fractions of epsilon, so one configuration fits every point of an accuracy-against-epsilon curve.
`@listed` sets the parameters of a listed attack: those of Advertorch for the paper's six attacks, and those of
AutoAttack (Croce & Hein 2020) for the four strong attacks, except that apgd-ce has five starts instead of one.
"""

from typing import ClassVar, Literal

from pydantic import Field, model_validator

from engine.attacks.attack_config import AttackConfig, listed
from engine.attacks.threat import Norm
from engine.errors import InputError


@listed("paper")
class FGSM(AttackConfig):
    """One step of epsilon along the sign of the gradient."""

    name: Literal["fgsm"] = "fgsm"


class _Iterated(AttackConfig):
    steps: int = Field(default=10, ge=1, le=10_000, description="gradient steps")
    step_size: float = Field(default=0.25, gt=0.0, le=2.0, description="length of a step, as a fraction of ε")

    @property
    def forwards(self) -> int:
        return self.steps

    @model_validator(mode="after")
    def _reaches_epsilon(self):
        if (reach := self.steps * self.step_size) < 1.0 - 1e-9:
            raise InputError(
                "steps that together reach at least ε", f"{self.steps} steps of {self.step_size:.4g} ε, {reach:.2g} ε",
                "Increase the number or the size of the steps.",
            )  # fmt: skip
        return self


@listed("paper", steps=40, step_size=1 / 30)
class PGD(_Iterated):
    """Projected gradient descent in linf."""

    name: Literal["pgd"] = "pgd"
    random_start: bool = Field(default=True, description="start at a random point of the ball instead of at the image")


@listed("paper")
class CarliniWagner(AttackConfig):
    """Carlini & Wagner's search for the smallest l2 perturbation that changes the prediction."""

    norm: ClassVar[Norm] = "l2"
    minimizes: ClassVar[bool] = True
    name: Literal["cw"] = "cw"
    steps: int = Field(default=100, ge=1, le=10_000, description="Adam steps in each round")
    search_rounds: int = Field(default=9, ge=1, le=20, description="rounds of the binary search over c")
    learning_rate: float = Field(default=0.01, gt=0.0, le=1.0, description="learning rate of Adam, in tanh space")
    initial_c: float = Field(default=1e-3, gt=0.0, le=1e3, description="initial c, the weight of misclassification")

    @property
    def forwards(self) -> int:
        return self.search_rounds * (self.steps + 1)

    @property
    def gradients(self) -> int:
        return self.search_rounds * self.steps


@listed("paper", steps=40, step_size=1 / 30)
class MIFGSM(_Iterated):
    """Momentum iterative FGSM (MIA in the paper)."""

    name: Literal["mi-fgsm"] = "mi-fgsm"
    decay: float = Field(default=1.0, ge=0.0, le=10.0, description="decay factor of the accumulated gradient")


@listed("paper", steps=10, step_size=1 / 6)
class L2BIM(_Iterated):
    """Basic iterative method in l2 (L2BIA in the paper)."""

    norm: ClassVar[Norm] = "l2"
    name: Literal["l2-bim"] = "l2-bim"


@listed("paper", steps=10, step_size=1 / 6)
class LinfBIM(_Iterated):
    """Basic iterative method in linf (LinfBIA in the paper)."""

    name: Literal["linf-bim"] = "linf-bim"


@listed(name="apgd-dlr")
@listed("strong")
class APGD(AttackConfig):
    """Auto-PGD (Croce & Hein, ICML 2020) on cross-entropy or the logit ratio; its step halves when the loss stalls."""

    works_alone: ClassVar[bool] = True
    name: Literal["apgd-ce", "apgd-dlr"] = "apgd-ce"
    steps: int = Field(default=100, ge=1, le=10_000, description="gradient steps of each start")
    restarts: int = Field(default=5, ge=1, le=100, description="random starts; each attacks images still correct")

    @property
    def fewest_classes(self) -> int:
        """Three for the ratio loss, which compares the largest with the third largest logit."""
        return 3 if self.name == "apgd-dlr" else 1

    @property
    def forwards(self) -> int:
        return self.gradients + 2

    @property
    def gradients(self) -> int:
        return self.restarts * (self.steps + 1)


@listed("strong")
class TargetedAPGD(AttackConfig):
    """Auto-PGD on the targeted ratio loss, once per target; the targets are the most likely wrong classes."""

    works_alone: ClassVar[bool] = True
    name: Literal["apgd-t"] = "apgd-t"
    steps: int = Field(default=100, ge=1, le=10_000, description="gradient steps of each start")
    restarts: int = Field(default=1, ge=1, le=100, description="random starts for each class")
    targets: int = Field(default=9, ge=1, le=9, description="number of wrong classes to try, most likely first")

    @property
    def fewest_classes(self) -> int:
        """Four: the targeted ratio loss compares the largest with the third and the fourth largest logit."""
        return 4

    @property
    def forwards(self) -> int:
        return self.targets * self.restarts * (self.steps + 2) + 2

    @property
    def gradients(self) -> int:
        return self.targets * self.restarts * (self.steps + 1)


@listed("strong")
class FAB(AttackConfig):
    """Fast adaptive boundary (Croce & Hein, ICML 2020): the smallest linf perturbation over all target classes.

    It starts at the image and uses no random numbers, so its result is the same at every epsilon.
    """

    minimizes: ClassVar[bool] = True
    works_alone: ClassVar[bool] = True
    name: Literal["fab"] = "fab"
    steps: int = Field(default=100, ge=1, le=10_000, description="projections onto the boundary for each class")
    targets: int = Field(default=9, ge=1, le=9, description="number of wrong classes to try, most likely first")

    @property
    def forwards(self) -> int:
        return self.targets * (2 * self.steps + 3) + 1

    @property
    def gradients(self) -> int:
        return self.targets * self.steps


@listed("strong")
class Square(AttackConfig):
    """Square (Andriushchenko et al., ECCV 2020): random search with squares of shrinking size, without gradients."""

    works_alone: ClassVar[bool] = True
    name: Literal["square"] = "square"
    queries: int = Field(default=5_000, ge=1, le=100_000, description="queries to the network for each start")
    restarts: int = Field(default=1, ge=1, le=100, description="random starts; each attacks images still correct")

    @property
    def forwards(self) -> int:
        return self.restarts * (self.queries + 2) + 2

    @property
    def gradients(self) -> int:
        return 0


@listed()
class DeepFool(AttackConfig):
    """DeepFool (Moosavi-Dezfooli et al., CVPR 2016): the smallest l2 perturbation, by repeated linearization."""

    norm: ClassVar[Norm] = "l2"
    minimizes: ClassVar[bool] = True
    works_alone: ClassVar[bool] = True
    name: Literal["deepfool"] = "deepfool"
    steps: int = Field(default=50, ge=1, le=1_000, description="linearizations per image")
    overshoot: float = Field(
        default=0.02, ge=0.0, le=1.0, description="distance beyond the boundary, as a fraction of the step"
    )

    @property
    def forwards(self) -> int:
        """Estimate used for progress only: images are attacked one by one, most of them in few linearizations."""
        return 60

    @property
    def cost(self) -> float:
        """Cost of 80 per linearization, which computes one gradient per class.

        Measured on one core of a CPU for a trained LeNet with ten classes, against images in a batch.
        """
        return 80.0 * self.steps
