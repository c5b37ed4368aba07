"""Accuracy of runs under each attack, as bars."""

import pandas as pd
import plotly.graph_objects as go

from dashboard.figures.canvas import Run, axis_title, compose, safe_text, split_runs, trace_uid
from dashboard.figures.drawn import drawn_once
from dashboard.figures.palette import NEUTRAL

NO_ATTACK = "none"
MOST_LABELED_BARS = 32


@drawn_once
def robustness_figure(table: pd.DataFrame, title: str = "Accuracy under each attack") -> go.Figure:
    """Grouped bars: one group per attack ("none" first), one bar per run, accuracy in percent.

    Args:
        table: run_id, label, variant, attack, robust_accuracy in [0, 1]; the attack "none" is the clean accuracy.
            The optional columns low and high add an interval to every bar.
        title: of the chart, with threat model and number of images.
    """
    runs = split_runs(table, ("attack", "robust_accuracy"))
    attacks = sorted(dict.fromkeys(table["attack"]), key=lambda attack: attack != NO_ATTACK)
    return compose(
        title,
        [_bars(run, is_labeled=len(table) <= MOST_LABELED_BARS) for run in runs],
        xaxis={
            "title": axis_title("Attack"),
            "ticks": "",
            "categoryorder": "array",
            "categoryarray": [_attack_name(attack) for attack in attacks],
        },
        yaxis={"title": axis_title("Correctly classified"), "tickformat": ".0%", "range": [0, 1.06], "dtick": 0.2},
        barmode="group",
        bargap=0.22,
        bargroupgap=0.06,
        barcornerradius=3,
    )


def _bars(run: Run, is_labeled: bool) -> dict:
    accuracy = run.rows["robust_accuracy"].to_numpy(float)
    bars = {
        "type": "bar",
        "x": [_attack_name(attack) for attack in run.rows["attack"]],
        "y": accuracy,
        "uid": trace_uid(run, "bars"),
        "name": run.label,
        "marker": {"color": run.color},
        "hovertemplate": "%{y:.2%}",
    }
    if {"low", "high"} <= set(run.rows.columns):
        above = run.rows["high"].to_numpy(float) - accuracy
        below = accuracy - run.rows["low"].to_numpy(float)
        look = {"color": NEUTRAL, "thickness": 2, "width": 4}
        return bars | {"error_y": {"type": "data", "array": above, "arrayminus": below, **look}}
    if is_labeled:
        percent = [f"{100 * value:.0f}" for value in accuracy]
        return bars | {"text": percent, "textposition": "outside", "textangle": 0, "cliponaxis": False}
    return bars


def _attack_name(attack: str) -> str:
    return "No attack" if attack == NO_ATTACK else safe_text(attack)
