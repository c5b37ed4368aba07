"""What the simulation of Theorem 1 says, in words."""

from typing import Any

import numpy as np
import pandas as pd

from dashboard.frames.theory import NOISE
from engine.minmax.theorem import UNIFORM_VARIANCE, bernoulli, corrected_p1_threshold


def row_at(frame: pd.DataFrame, p1: float) -> dict[str, Any]:
    """The row of `theorem_frame` whose p1 is nearest."""
    return min(frame.to_dict("records"), key=lambda row: abs(row["p1"] - p1))


def half_widths(row: dict[str, Any]) -> tuple[float, float]:
    """Half the 95 % intervals of models a and b."""
    return tuple((row[f"{model}_high"] - row[f"{model}_low"]) / 2 for model in ("uniform", "bernoulli"))


def verdict_title(row: dict[str, Any]) -> str:
    """One line: the inequality at this p1, and whether the corrected condition knew."""
    place = f"At p₁ = {row['p1']:g}"
    if row["verdict"] == NOISE:
        return f"{place} the models cannot be told apart with so many draws."
    if row["verdict"] == row["predicted"]:
        return f"{place} the inequality {row['verdict']}, as the corrected condition predicts."
    return f"{place} the inequality {row['verdict']}, which the corrected condition does not predict."


def verdict_words(row: dict[str, Any]) -> str:
    """The numbers behind it."""
    variance = bernoulli(row["p1"]).variance
    sign = "<" if variance < UNIFORM_VARIANCE else ">"
    wide_a, wide_b = half_widths(row)
    sides = f"{row['bernoulli']:.3g} ± {wide_b:.1g} in model b, {row['uniform']:.3g} ± {wide_a:.1g} in model a"
    difference = f"{row['difference']:+.3g} ± {row['difference_error']:.1g}".replace("-", "−")
    exact = (
        "" if np.isnan(known := row["bernoulli_exact"] - row["uniform_exact"]) else f" Exactly, b − a = {known:+.3g}."
    )
    return (
        f"Simulated |E ∂L/∂x|: {sides}; b − a = {difference}.{exact.replace('-', '−')} Corrected condition, "
        f"from the first order in x: p₁(1 − p₁) = {variance:.4f} {sign} 1/12 = {UNIFORM_VARIANCE:.4f}."
    )


def curve_words(frame: pd.DataFrame) -> str:
    """How often the inequality holds over all p1, and how often the corrected condition is right."""
    decided = [row for row in frame.to_dict("records") if row["verdict"] != NOISE]
    right = sum(row["verdict"] == row["predicted"] for row in decided)
    low, high = corrected_p1_threshold()
    return (
        f"{counted(frame)} The corrected condition, p₁ < {low:.4f} or p₁ > {high:.4f}, is right at {right} of the "
        f"{len(decided)} decided."
    )


def counted(frame: pd.DataFrame) -> str:
    """How many values of p1 the inequality holds at."""
    verdicts = list(frame["verdict"])
    words = (
        f"Of {len(verdicts)} values of p₁ the inequality holds at {verdicts.count('holds')} and fails at "
        f"{verdicts.count('fails')}"
    )
    unclear = verdicts.count(NOISE)
    return f"{words}; {unclear} {'is' if unclear == 1 else 'are'} within noise." if unclear else f"{words}."
