"""The attacks by name, and their presets. No torch."""

from collections.abc import Iterable, Sequence
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Annotated, TypeAlias, get_args

from pydantic import Field

from engine.attacks.attack_config import LISTED_ATTACKS, AttackConfig, Preset
from engine.attacks.configs import L2BIM, PGD
from engine.attacks.threat import Norm, ThreatModel
from engine.errors import InputError


def _listed_in(preset: Preset | None) -> dict[str, AttackConfig]:
    return {listed.attack.name: listed.attack for listed in LISTED_ATTACKS if listed.preset == preset}


PRESETS: dict[str, tuple[str, ...]] = {preset: tuple(_listed_in(preset)) for preset in get_args(Preset)}

PAPER_ATTACKS = _listed_in("paper")
"""The six attacks of the paper's tables."""

STRONG_ATTACKS = _listed_in("strong")
"""The four attacks of AutoAttack."""

ATTACKS = PAPER_ATTACKS | STRONG_ATTACKS | _listed_in(None)

if TYPE_CHECKING:
    AnyAttack: TypeAlias = AttackConfig
else:
    AnyAttack = Annotated[reduce(or_, dict.fromkeys(map(type, ATTACKS.values()))), Field(discriminator="name")]
"""Type of a field that holds an attack: one of the listed classes, chosen by its name."""


def attack_config(name: str) -> AttackConfig:
    """The attack called `name`; InputError if the name is unknown."""
    if name not in ATTACKS:
        raise InputError(f"an attack, one of {', '.join(ATTACKS)}", repr(name), "Choose one of these names.")
    return ATTACKS[name]


def attack_names(words: Iterable[str]) -> tuple[str, ...]:
    """Names of attacks without duplicates; the name of a preset is replaced by its attacks."""
    return tuple(dict.fromkeys(name for word in words for name in PRESETS.get(word, (word,))))


def training_attack(steps: int, norm: Norm = "linf") -> PGD | L2BIM:
    """Attack of adversarial training and of the probe: steps of epsilon / 4; `steps` is at least 4.

    The start is a random point of the ball in linf, and the image in l2.
    """
    return PGD(steps=steps, step_size=0.25) if norm == "linf" else L2BIM(steps=steps, step_size=0.25)


def attack_threat(attack: AttackConfig, threat: ThreatModel) -> ThreatModel | None:
    """Ball that `attack` searches under `threat`: same epsilon and unit, norm of the attack. None if it minimizes.

    An l2 ball is contained in the linf ball of the same epsilon, so l2-bim is a fair attack under a linf threat.

    Raises:
        InputError: a linf attack under an l2 threat; it would leave the l2 ball.
    """
    if attack.minimizes:
        return None
    if (attack.norm, threat.norm) == ("linf", "l2"):
        raise InputError(
            "an attack for the l2 norm, l2-bim or cw", attack.name, "Choose one of these, or a linf threat."
        )
    return threat.model_copy(update={"norm": attack.norm})


def counts_any_size(attack: AttackConfig, threat: ThreatModel) -> bool:
    """Whether the accuracy under the attack alone counts adversarial images outside `threat`, as the paper does for cw.

    For an attack that minimizes in the norm of the threat, only images inside the threat count.
    """
    return attack.minimizes and attack.norm != threat.norm


def has_cell(attack: AttackConfig, threat: ThreatModel) -> bool:
    """Whether accuracy under the attack alone is shown.

    deepfool breaks every image at some distance: its distances are informative, its accuracy is not. cw is shown
    because the paper's tables contain it.
    """
    return attack.name in PAPER_ATTACKS or not counts_any_size(attack, threat)


def check_attacks(attacks: Sequence[AttackConfig], threat: ThreatModel) -> None:
    """InputError if there are no attacks, if a name is repeated, or if an attack does not fit `threat`."""
    names = [attack.name for attack in attacks]
    if not names or len(set(names)) < len(names):
        raise InputError(
            "one or more attacks, each once",
            ", ".join(names) or "none",
            "Choose at least one attack, and each only once.",
        )
    for attack in attacks:
        attack_threat(attack, threat)
