"""Confidence of one image against epsilon, across the decision boundary."""

import pandas as pd
import plotly.graph_objects as go

from dashboard.figures.canvas import axis_title, compose, split_runs, trace_uid, vertical_line
from dashboard.figures.drawn import drawn_once

SYMBOLS = {True: "circle", False: "x"}


@drawn_once
def boundary_figure(path: pd.DataFrame, attack: str, epsilon_title: str, *, cursor: float | None = None) -> go.Figure:
    """Probability of the true class against epsilon: one line per run, crosses where the network is fooled.

    Args:
        path: run_id, label, variant, epsilon, true_probability, is_correct; epsilons ascending, 0 is the clean image.
        epsilon_title: axis title, epsilon with its unit.
        cursor: epsilon at which a vertical line is drawn.
    """
    traces = []
    for run in split_runs(path, ("epsilon", "true_probability", "is_correct")):
        correct = run.rows["is_correct"].to_numpy(bool)
        traces.append(
            {
                "type": "scatter",
                "mode": "lines+markers",
                "x": run.rows["epsilon"].to_numpy(float),
                "y": run.rows["true_probability"].to_numpy(float),
                "customdata": ["correct" if right else "fooled" for right in correct],
                "uid": trace_uid(run, "boundary"),
                "name": run.label,
                "line": {"color": run.color, "width": 2, "dash": run.dash},
                "marker": {"color": run.color, "size": 9, "symbol": [SYMBOLS[bool(right)] for right in correct]},
                "hovertemplate": "%{y:.1%}, %{customdata}",
            }
        )
    return compose(
        f"Confidence in the true class of this image under {attack}",
        traces,
        xaxis={"title": axis_title(epsilon_title), "rangemode": "tozero", "unifiedhovertitle": {"text": "ε = %{x:g}"}},
        yaxis={"title": axis_title("Probability of the true class"), "tickformat": ".0%", "range": [-0.03, 1.06]},
        shapes=[] if cursor is None else [vertical_line(cursor)],
    )
