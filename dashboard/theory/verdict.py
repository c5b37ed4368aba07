"""Results of the simulation of Theorem 1, in words."""

from typing import Any

import numpy as np
import pandas as pd

from dashboard.frames.theory import NOISE
from engine.minmax.theorem import UNIFORM_VARIANCE, bernoulli, corrected_p1_threshold


def row_at(frame: pd.DataFrame, p1: float) -> dict[str, Any]:
    """Row of a `theorem_frame` with the nearest p1."""
    return min(frame.to_dict("records"), key=lambda row: abs(row["p1"] - p1))


def half_widths(row: dict[str, Any]) -> tuple[float, float]:
    """Half-widths of the 95 % intervals of models a and b."""
    return tuple((row[f"{model}_high"] - row[f"{model}_low"]) / 2 for model in ("uniform", "bernoulli"))


def verdict_title(row: dict[str, Any]) -> str:
    """One line: the verdict at this p1, and whether the corrected condition predicts it."""
    place = f"At p₁ = {row['p1']:g}"
    if row["verdict"] == NOISE:
        return f"{place} the difference between the models is within noise; more draws of W reduce the noise."
    if row["verdict"] == row["predicted"]:
        return f"{place} the inequality {row['verdict']}, as the corrected condition predicts."
    return f"{place} the inequality {row['verdict']}, which the corrected condition does not predict."


def verdict_words(row: dict[str, Any]) -> str:
    """The numbers behind the verdict."""
    variance = bernoulli(row["p1"]).variance
    sign = "<" if variance < UNIFORM_VARIANCE else ">"
    wide_a, wide_b = half_widths(row)
    sides = f"{row['bernoulli']:.3g} ± {wide_b:.1g} in model b, {row['uniform']:.3g} ± {wide_a:.1g} in model a"
    difference = f"{row['difference']:+.3g} ± {row['difference_error']:.1g}".replace("-", "−")
    exact = "" if np.isnan(known := row["bernoulli_exact"] - row["uniform_exact"]) else f" Exact: b − a = {known:+.3g}."
    return (
        f"Simulated |E ∂L/∂x|: {sides}; b − a = {difference}.{exact.replace('-', '−')} Corrected condition, "
        f"to first order in x: p₁(1 − p₁) = {variance:.4f} {sign} 1/12 = {UNIFORM_VARIANCE:.4f}."
    )


def curve_words(frame: pd.DataFrame) -> str:
    """Number of p1 at which the inequality holds, and at which the corrected condition is right."""
    decided = [row for row in frame.to_dict("records") if row["verdict"] != NOISE]
    right = sum(row["verdict"] == row["predicted"] for row in decided)
    low, high = corrected_p1_threshold()
    return (
        f"{counted(frame)} The corrected condition, p₁ < {low:.4f} or p₁ > {high:.4f}, is correct at {right} of "
        f"the {len(decided)} values with a clear verdict."
    )


def counted(frame: pd.DataFrame) -> str:
    """Number of values of p1 at which the inequality holds."""
    verdicts = list(frame["verdict"])
    words = (
        f"Of {len(verdicts)} values of p₁, the inequality holds at {verdicts.count('holds')} and fails at "
        f"{verdicts.count('fails')}"
    )
    unclear = verdicts.count(NOISE)
    return f"{words}; {unclear} {'is' if unclear == 1 else 'are'} within noise." if unclear else f"{words}."
