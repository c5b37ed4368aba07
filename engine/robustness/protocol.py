"""The attacks as configurations: names, parameters, limits. No torch, so that forms and pages can read them.

Step sizes are fractions of epsilon, so one configuration serves every point of an accuracy-against-epsilon curve.
"""

from collections.abc import Sequence
from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from engine.errors import InputError
from engine.robustness.threat import Norm, ThreatModel


class _Attack(BaseModel):
    """`norm` is that of the ball the attack searches; None for a minimum-norm attack, which has no ball."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
    norm: ClassVar[Norm | None] = "linf"

    @property
    def forwards(self) -> int:
        """Forward passes of one call, the unit of progress."""
        return 1


class FGSM(_Attack):
    """One step of epsilon along the sign of the gradient."""

    name: Literal["fgsm"] = "fgsm"


class _Iterated(_Attack):
    steps: int = Field(default=10, ge=1, le=10_000, description="gradient steps")
    step_size: float = Field(default=0.25, gt=0.0, le=2.0, description="length of a step, as a fraction of ε")

    @property
    def forwards(self) -> int:
        return self.steps

    @model_validator(mode="after")
    def _reaches_epsilon(self):
        if (reach := self.steps * self.step_size) < 1.0 - 1e-9:
            raise InputError(
                "steps that reach ε together", f"{self.steps} steps of {self.step_size:.4g} ε, {reach:.2g} ε",
                "Take more or longer steps.",
            )  # fmt: skip
        return self


class PGD(_Iterated):
    """Projected gradient descent in linf."""

    name: Literal["pgd"] = "pgd"
    random_start: bool = Field(default=True, description="start at a random point of the ball instead of the image")


class MIFGSM(_Iterated):
    """Momentum iterative FGSM (MIA in the paper)."""

    name: Literal["mi-fgsm"] = "mi-fgsm"
    decay: float = Field(
        default=1.0, ge=0.0, le=10.0, description="share of the gradient's running sum kept at each step"
    )


class LinfBIM(_Iterated):
    """Basic iterative method in linf (LinfBIA in the paper)."""

    name: Literal["linf-bim"] = "linf-bim"


class L2BIM(_Iterated):
    """Basic iterative method in l2 (L2BIA in the paper)."""

    norm: ClassVar[Norm | None] = "l2"
    name: Literal["l2-bim"] = "l2-bim"


class CarliniWagner(_Attack):
    """Carlini & Wagner's search for the smallest l2 perturbation that changes the prediction."""

    norm: ClassVar[Norm | None] = None
    name: Literal["cw"] = "cw"
    steps: int = Field(default=100, ge=1, le=10_000, description="Adam steps in each round")
    search_rounds: int = Field(default=9, ge=1, le=20, description="rounds of the binary search over c")
    learning_rate: float = Field(default=0.01, gt=0.0, le=1.0, description="learning rate of Adam, in tanh space")
    initial_c: float = Field(default=1e-3, gt=0.0, le=1e3, description="first weight of misclassification against size")

    @property
    def forwards(self) -> int:
        return self.search_rounds * (self.steps + 1)


AttackConfig = Annotated[FGSM | PGD | CarliniWagner | MIFGSM | L2BIM | LinfBIM, Field(discriminator="name")]

PAPER_ATTACKS: dict[str, AttackConfig] = {
    attack.name: attack
    for attack in (
        FGSM(),
        PGD(steps=40, step_size=1 / 30),
        CarliniWagner(),
        MIFGSM(steps=40, step_size=1 / 30),
        L2BIM(steps=10, step_size=1 / 6),
        LinfBIM(steps=10, step_size=1 / 6),
    )
}


def attack_config(name: str) -> AttackConfig:
    """The paper's attack called `name`; InputError when there is none."""
    if name not in PAPER_ATTACKS:
        raise InputError(f"an attack, one of {', '.join(PAPER_ATTACKS)}", repr(name), "Choose one of these names.")
    return PAPER_ATTACKS[name]


def training_attack(steps: int, norm: Norm = "linf") -> PGD | L2BIM:
    """Few long steps, epsilon / 4 each, for adversarial training and the probe; `steps` at least 4.

    In linf from a random point of the ball, in l2 from the image itself.
    """
    return PGD(steps=steps, step_size=0.25) if norm == "linf" else L2BIM(steps=steps, step_size=0.25)


def attack_threat(attack: AttackConfig, threat: ThreatModel) -> ThreatModel | None:
    """The ball that `attack` searches under `threat`: the same epsilon and unit in its own norm; None for cw.

    An l2 ball lies inside the linf ball of the same epsilon, so l2-bim is a fair attack under a linf threat.

    Raises:
        InputError: a linf attack under an l2 threat, whose ball it would leave.
    """
    if attack.norm is None:
        return None
    if (attack.norm, threat.norm) == ("linf", "l2"):
        raise InputError("an attack inside the l2 ball, l2-bim or cw", attack.name, "Choose one, or a linf threat.")
    return threat.model_copy(update={"norm": attack.norm})


def check_attacks(attacks: Sequence[AttackConfig], threat: ThreatModel) -> None:
    """InputError unless there are attacks, each name once, all fit for `threat`."""
    names = [attack.name for attack in attacks]
    if not names or len(set(names)) < len(names):
        raise InputError("one or more attacks, each once", ", ".join(names) or "none", "Choose different attacks.")
    for attack in attacks:
        attack_threat(attack, threat)
