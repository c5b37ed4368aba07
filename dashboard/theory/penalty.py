"""The penalty of one weight: its shape, its force, and what either means for fuzziness."""

import numpy as np
import streamlit as st

from dashboard.figures.theory import fuzziness_figure, penalty_figure
from dashboard.frames.theory import fuzziness_frame, penalty_frame
from dashboard.ui.page_export import PageExport
from engine.minmax.fuzziness import fuzziness
from engine.minmax.objective import ObjectiveConfig

LARGEST_START = 0.2
"""LeNet's first convolution on gray images begins in U(-0.2, 0.2): 1 / sqrt(5 x 5)."""


def draw_penalty(export: PageExport, objective: ObjectiveConfig) -> None:
    """Penalty and force beside membership and fuzziness."""
    tipping = objective.tipping_point
    shape = penalty_frame(objective.l1_strength, objective.l2_strength, farthest_size(tipping))
    curve = fuzziness_frame(0.01, 100.0)
    words = force_words(objective)
    left, right = st.columns(2)
    with left:
        export.chart(
            penalty_figure(
                shape, f"What the penalty wants of a weight: {strength_words(objective)}", tipping, LARGEST_START
            ),
            key="theory-penalty",
            height=480,
            alt=f"Penalty of one weight and the force on it, over its size. {words}",
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
    export.note(f"{words} Gray: where the weights of LeNet’s first convolution begin, |w| ≤ {LARGEST_START:g}.")
    export.note(fuzziness_words(LARGEST_START))


def farthest_size(tipping_point: float | None) -> float:
    """Where the axis ends: beyond the penalty's zero if there is one, and always beyond the start."""
    return max(2.5 * LARGEST_START, 2.6 * tipping_point) if tipping_point else 2.0


def strength_words(objective: ObjectiveConfig) -> str:
    return f"λ = {objective.l1_strength:g}, μ = {abs(objective.l2_strength):g}"


def force_words(objective: ObjectiveConfig) -> str:
    """Where a weight is pulled to 0 and where it is pushed outwards."""
    tipping = objective.tipping_point
    if tipping is None:
        return (
            "With μ = 0 nothing is pushed outwards: every weight is pulled to 0 with the same force λ."
            if objective.l1_strength
            else "With λ = μ = 0 there is no penalty."
        )
    if tipping == 0.0:
        return "With λ = 0 nothing is pulled to 0: every weight is pushed outwards, the harder the larger it is."
    side = "all are pulled to 0 at first" if tipping > LARGEST_START else "the largest are pushed outwards"
    return (
        f"Below |w| = λ/(2μ) = {tipping:.3g} the penalty pulls a weight to 0, beyond it pushes it outwards, and past "
        f"{2 * tipping:.3g} a weight lowers the loss by being there; without bound, so that weights can run away. Of "
        f"the weights that begin at |w| ≤ {LARGEST_START:g}, {side}."
    )


def fuzziness_words(start: float) -> str:
    """What moving either way does to the fuzziness of a weight at `start`, below 1."""
    here, most = fuzziness(np.array([[start], [1.0]]))
    return (
        f"A weight of {start:g} has a fuzziness of {here:.3f} nats. On its way to 0 it loses that; on its way out it "
        f"first gains, up to ln 2 = {most:.3f} at |w| = 1, and is less fuzzy than before only beyond |w| = "
        f"{1 / start:g}, since |w| and 1/|w| are equally fuzzy. Both ways of Min-Max lower fuzziness in the end; the "
        "way out must be long."
    )
