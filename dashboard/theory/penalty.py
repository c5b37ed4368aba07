"""The penalty on one weight: its shape, its force, and its effect on fuzziness."""

import numpy as np
import streamlit as st

from dashboard.figures.theory import fuzziness_figure, penalty_figure
from dashboard.frames.theory import fuzziness_frame, penalty_frame
from dashboard.ui.page_export import PageExport
from engine.minmax.fuzziness import fuzziness
from engine.minmax.objective import ObjectiveConfig

LARGEST_START = 0.2
"""Bound of the initial weights U(-0.2, 0.2) of LeNet's first convolution on gray images: 1 / sqrt(5 x 5)."""


def draw_penalty(export: PageExport, objective: ObjectiveConfig) -> None:
    """Draw the penalty and its force next to membership and fuzziness."""
    tipping = objective.tipping_point
    shape = penalty_frame(objective.l1_strength, objective.l2_strength, farthest_size(tipping))
    curve = fuzziness_frame(0.01, 100.0)
    words = force_words(objective)
    left, right = st.columns(2)
    with left:
        export.chart(
            penalty_figure(
                shape,
                f"Penalty on one weight and its force: {strength_words(objective)}",
                tipping,
                LARGEST_START,
                (objective.l1_strength, objective.l2_strength),
            ),
            key="theory-penalty",
            height=480,
            alt=f"Penalty on one weight and the force on it against |w|. {words}",
            table=shape,
        )
    with right:
        export.chart(
            fuzziness_figure(curve, LARGEST_START, tipping),
            key="theory-fuzziness",
            height=480,
            alt="Membership falls from 1 to 0 as |w| grows; fuzziness rises to ln 2 at |w| = 1 and falls again",
            table=curve,
        )
    export.note(f"{words} Gray: range of the initial weights of LeNet’s first convolution, |w| ≤ {LARGEST_START:g}.")
    export.note(fuzziness_words(LARGEST_START))


def farthest_size(tipping_point: float | None) -> float:
    """End of the axis of |w|: beyond the zero of the penalty, if it has one, and beyond the initial weights."""
    return max(2.5 * LARGEST_START, 2.6 * tipping_point) if tipping_point else 2.0


def strength_words(objective: ObjectiveConfig) -> str:
    return f"λ = {objective.l1_strength:g}, μ = {abs(objective.l2_strength):g}"


def force_words(objective: ObjectiveConfig) -> str:
    """Ranges of |w| in which a weight is pulled to 0 and pushed outward."""
    tipping = objective.tipping_point
    if tipping is None:
        return (
            "With μ = 0, every weight is pulled to 0 with the same force λ."
            if objective.l1_strength
            else "With λ = μ = 0 there is no penalty."
        )
    if tipping == 0.0:
        return "With λ = 0, every weight is pushed outward with a force that grows with |w|."
    side = "all are pulled to 0 at first" if tipping > LARGEST_START else "the largest are pushed outward at first"
    return (
        f"The penalty pulls a weight to 0 below |w| = λ/(2μ) = {tipping:.3g} and pushes it outward above. Beyond |w| = "
        f"{2 * tipping:.3g} the penalty is negative and has no lower bound, so weights can run away. Of the initial "
        f"weights, |w| ≤ {LARGEST_START:g}, {side}."
    )


def fuzziness_words(start: float) -> str:
    """Effect of moving to 0 and outward on the fuzziness of a weight that starts at `start` < 1."""
    here, most = fuzziness(np.array([[start], [1.0]]))
    return (
        f"A weight of {start:g} has a fuzziness of {here:.3f} nats, which falls to 0 as the weight moves to 0. As the "
        f"weight moves outward, fuzziness first rises to ln 2 = {most:.3f} at |w| = 1. It is lower than at the start "
        f"only beyond |w| = {1 / start:g}, because |w| and 1/|w| have the same fuzziness. Moving outward therefore "
        "lowers fuzziness only for weights that grow large."
    )
