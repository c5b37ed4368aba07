"""The five variants: names of points in the space of configurations."""

from engine.errors import InputError
from engine.minmax.objective import ObjectiveConfig, Scope
from engine.validation import validated

VARIANTS = {"std": "Std", "std+l1": "Std+L1", "std+l2": "Std+L2", "adv": "Adv", "min-max": "Min-Max"}
CUSTOM = "custom"
"""A point that has none of the five names, e.g. adversarial training with a penalty."""

TITLES = VARIANTS | {CUSTOM: "Custom"}
"""What charts call each variant."""


def variant_of(objective: ObjectiveConfig, adversarial_training: bool) -> str:
    """The name of a configuration, a key of VARIANTS or CUSTOM."""
    has_l1, l2 = objective.l1_strength > 0, objective.l2_strength
    if objective.penalties:
        return CUSTOM
    if adversarial_training:
        return CUSTOM if has_l1 or l2 else "adv"
    if has_l1 and l2 < 0:
        return "min-max"
    if has_l1 and l2 == 0:
        return "std+l1"
    if not has_l1 and l2 > 0:
        return "std+l2"
    return CUSTOM if has_l1 or l2 else "std"


def variant_objective(variant: str, l1_strength: float, l2_strength: float, scope: Scope) -> ObjectiveConfig:
    """The penalty of a variant, given strengths meant for several: each takes those it has.

    Min-Max takes `l2_strength` as it is, which must be negative; Std+L2 takes its size as decay.

    Raises:
        InputError: unknown variant, or strengths out of limits or that would make another variant of it.
    """
    if variant not in VARIANTS:
        raise InputError(f"a variant, one of {', '.join(VARIANTS)}", repr(variant), "Choose one of these names.")
    validated(ObjectiveConfig, l1_strength=l1_strength, l2_strength=l2_strength, scope=scope)
    if variant == "min-max" and not (l1_strength > 0 and l2_strength < 0):
        raise InputError(
            "Min-Max to have λ above 0 and κ = −μ below 0",
            f"λ = {l1_strength:g}, κ = {l2_strength:g}",
            "Give, for example, --l1 0.1 --l2 -0.1.",
        )
    if variant == "std+l1" and not l1_strength > 0:
        raise InputError("Std+L1 to have λ above 0", f"{l1_strength:g}", "Give, for example, --l1 0.1.")
    if variant == "std+l2" and l2_strength == 0:
        raise InputError("Std+L2 to have a strength other than 0", "0", "Give, for example, --l2 0.1.")
    l1, l2 = {
        "std": (0.0, 0.0),
        "std+l1": (l1_strength, 0.0),
        "std+l2": (0.0, abs(l2_strength)),
        "adv": (0.0, 0.0),
        "min-max": (l1_strength, l2_strength),
    }[variant]
    return validated(ObjectiveConfig, l1_strength=l1, l2_strength=l2, scope=scope)
