"""The five variants: names for combinations of penalties and adversarial training."""

from engine.errors import InputError
from engine.minmax.objective import ObjectiveConfig, Scope
from engine.validation import validated

VARIANTS = {"std": "Std", "std+l1": "Std+L1", "std+l2": "Std+L2", "adv": "Adv", "min-max": "Min-Max"}
CUSTOM = "custom"
"""Variant of all other configurations, e.g. adversarial training with a penalty."""

TITLES = VARIANTS | {CUSTOM: "Custom"}
"""Name of each variant in charts."""


def variant_of(objective: ObjectiveConfig, adversarial_training: bool) -> str:
    """Variant of a configuration: a key of VARIANTS, or CUSTOM."""
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
    """Objective of a variant, which uses only the strengths of the penalties that it has.

    Min-Max uses `l2_strength`, which must be negative; Std+L2 uses its absolute value as decay.

    Raises:
        InputError: the variant is unknown, or the strengths are out of their limits or give another variant.
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
