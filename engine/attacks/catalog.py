"""The attacks by name, and which belong together. No torch."""

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
"""The six of the paper's tables."""

STRONG_ATTACKS = _listed_in("strong")
"""AutoAttack's four."""

ATTACKS = PAPER_ATTACKS | STRONG_ATTACKS | _listed_in(None)

if TYPE_CHECKING:
    AnyAttack: TypeAlias = AttackConfig
else:
    AnyAttack = Annotated[reduce(or_, dict.fromkeys(map(type, ATTACKS.values()))), Field(discriminator="name")]
"""Type of a field that holds an attack: one of the listed classes, told apart by the name."""


def attack_config(name: str) -> AttackConfig:
    """The attack called `name`; InputError when there is none."""
    if name not in ATTACKS:
        raise InputError(f"an attack, one of {', '.join(ATTACKS)}", repr(name), "Choose one of these names.")
    return ATTACKS[name]


def attack_names(words: Iterable[str]) -> tuple[str, ...]:
    """Names of attacks, each once; the name of a preset stands for all of its own."""
    return tuple(dict.fromkeys(name for word in words for name in PRESETS.get(word, (word,))))


def training_attack(steps: int, norm: Norm = "linf") -> PGD | L2BIM:
    """Few long steps, epsilon / 4 each, for adversarial training and the probe; `steps` at least 4.

    In linf from a random point of the ball, in l2 from the image itself.
    """
    return PGD(steps=steps, step_size=0.25) if norm == "linf" else L2BIM(steps=steps, step_size=0.25)


def attack_threat(attack: AttackConfig, threat: ThreatModel) -> ThreatModel | None:
    """The ball that `attack` searches under `threat`: the same epsilon and unit in its own norm; None if it minimizes.

    An l2 ball lies inside the linf ball of the same epsilon, so l2-bim is a fair attack under a linf threat.

    Raises:
        InputError: a linf attack under an l2 threat, whose ball it would leave.
    """
    if attack.minimizes:
        return None
    if (attack.norm, threat.norm) == ("linf", "l2"):
        raise InputError("an attack inside the l2 ball, l2-bim or cw", attack.name, "Choose one, or a linf threat.")
    return threat.model_copy(update={"norm": attack.norm})


def counts_any_size(attack: AttackConfig, threat: ThreatModel) -> bool:
    """Whether the attack's own cell counts adversarial images outside `threat`: so for cw, as in the paper's tables.

    An attack that minimizes in the threat's own norm answers the threat's question: it counts where it stayed inside.
    """
    return attack.minimizes and attack.norm != threat.norm


def has_cell(attack: AttackConfig, threat: ThreatModel) -> bool:
    """Whether accuracy under the attack alone is a number to show.

    deepfool reaches every image, however far: its distances say something, its accuracy nothing. cw has a cell since
    the paper's tables have one.
    """
    return attack.name in PAPER_ATTACKS or not counts_any_size(attack, threat)


def check_attacks(attacks: Sequence[AttackConfig], threat: ThreatModel) -> None:
    """InputError unless there are attacks, each name once, all fit for `threat`."""
    names = [attack.name for attack in attacks]
    if not names or len(set(names)) < len(names):
        raise InputError("one or more attacks, each once", ", ".join(names) or "none", "Choose different attacks.")
    for attack in attacks:
        attack_threat(attack, threat)
