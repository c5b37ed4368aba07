"""Paths of weights under the penalty alone."""

import numpy as np
import pandas as pd
import streamlit as st

from dashboard.figures.paths import path_figure
from dashboard.frames.theory import fate_frame, path_frame, starting_sizes, weight_paths
from dashboard.theory.controls import log_slider, log_steps
from dashboard.theory.penalty import LARGEST_START, strength_words
from dashboard.ui.page_export import PageExport
from engine.minmax.objective import ObjectiveConfig
from engine.training.schedule import TrainingConfig
from engine.validation import field_limits

METHODS = {"adam": "Adam, as runs train", "flow": "Gradient flow"}
ROUNDING = 1e-12
LIMIT = field_limits(TrainingConfig, "weight_limit").default
FORMATS = {
    "Initial |w|": st.column_config.NumberColumn(format="%.3f"),
    "Force": st.column_config.NumberColumn(format="%.4f"),
    "Steps to 0": st.column_config.NumberColumn(format="%d"),
    "Final |w|": st.column_config.NumberColumn(format="%.3f"),
    "Initial fuzziness": st.column_config.NumberColumn(format="%.3f"),
    "Final fuzziness": st.column_config.NumberColumn(format="%.3f"),
}


def draw_paths(export: PageExport, objective: ObjectiveConfig) -> None:
    """Draw the weights over the steps from several initial values, and a table of the results."""
    first, second, third = st.columns([4, 4, 4], vertical_alignment="bottom")
    method = first.segmented_control(
        "Optimizer",
        list(METHODS),
        default="adam",
        required=True,
        format_func=METHODS.__getitem__,
        key="theory-method",
        bind="query-params",
    )
    with_adam = method != "flow"
    steps = int(
        log_slider(
            second, "Steps", log_steps(100, 10_000), 1_000, "theory-steps", "10,000 steps are about ten epochs on MNIST"
        )
    )
    rate = log_slider(
        third,
        "Learning rate",
        log_steps(1e-4, 1e-1),
        1e-3,
        "theory-rate",
        "Step size; gradient flow runs for a time of steps × learning rate",
    )
    l1, l2, tipping = objective.l1_strength, objective.l2_strength, objective.tipping_point
    tipping = None if tipping is None or tipping >= LIMIT else tipping
    paths = weight_paths(starting_sizes(tipping, LARGEST_START), steps, rate, l1, l2, with_adam)
    fates = fate_frame(paths, rate, l1, l2, with_adam)
    words = fate_words(fates, steps, with_adam)
    drawn = path_frame(paths, LIMIT)
    title = f"Weights under the penalty alone, {strength_words(objective)}: {'Adam' if with_adam else 'gradient flow'}"
    export.chart(
        path_figure(drawn, title, f"Step (learning rate {rate:g})", tipping, LARGEST_START),
        key="theory-paths",
        height=420,
        alt=f"|w| over steps, one line per initial weight. {words}",
        table=drawn,
    )
    export.note(words)
    export.note(f"{ADAM_WORDS if with_adam else FLOW_WORDS} {DATA_WORDS}")
    with st.expander("Table of all initial weights", icon=":material/table:"):
        export.table(
            readable(fates), key="theory-fates", title="Weights under the penalty alone", column_config=FORMATS
        )


ADAM_WORDS = (
    "Adam divides the force by its recent size, so each step is about one learning rate however weak the force, and "
    "slightly more if the force grows. λ and μ therefore set the direction and hardly affect the speed. A weight "
    "overshoots 0 by a few learning rates and then oscillates around it."
)
FLOW_WORDS = (
    "Gradient flow follows dw/dt = −λ sign(w) + 2μw exactly: w(t) = λ/(2μ) + (w₀ − λ/(2μ)) e^(2μt) until it reaches "
    "0, where it stays. Gradient descent with small steps approximates it."
)
DATA_WORDS = "In training, the loss of the data also acts and can move a weight across the tipping point."


def fate_words(fates: pd.DataFrame, steps: int, with_adam: bool) -> str:
    """Numbers of weights that reached 0 and that moved outward, and the result for LeNet's largest initial weight."""
    rows = fates.to_dict("records")
    there = [row for row in rows if row["arrival"] <= steps]
    out = [row for row in rows if row["end"] > row["start"]]
    words = (
        f"After {steps:,} steps, {len(there)} of {len(rows)} weights have reached 0 and {len(out)} have moved outward"
    )
    words += f", the farthest from {out[-1]['start']:.3g} to {out[-1]['end']:.4g}. " if out else ". "
    if any(row["end"] > LIMIT for row in rows):
        words += f"Lines end at {LIMIT:g}, where training stops as diverged. "
    row = next(row for row in rows if row["start"] == LARGEST_START)
    if abs(row["force"]) < ROUNDING:
        fate = "does not move"
    elif row["force"] > 0.0:
        fate = f"moves outward to {row['end']:.4g}"
    elif np.isnan(row["arrival"]):
        fate = f"is at {row['end']:.4g}"
    else:
        fate = f"{'comes within one learning rate of' if with_adam else 'reaches'} 0 at step {row['arrival']:,.0f}"
    return f"{words}The weight at |w| = {LARGEST_START:g}, LeNet’s largest initial weight (thick line), {fate}."


def readable(fates: pd.DataFrame) -> pd.DataFrame:
    """The table with the column titles of the page."""
    return fates.set_axis(list(FORMATS), axis="columns")
