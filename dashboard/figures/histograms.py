"""Histograms of weights: several runs on one axis with equal bins."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from dashboard.figures.bins import EMPTY_BIN_ON_LOG_AXIS, shared_edges, stepped
from dashboard.figures.canvas import Run, axis_title, compose, split_runs, trace_uid, vertical_line
from dashboard.figures.drawn import drawn_once
from dashboard.figures.palette import NEUTRAL, translucent


@drawn_once
def histogram_figure(
    counts: pd.DataFrame, layer_title: str, log_counts: bool = False, *, tipping_point: float | None = None
) -> go.Figure:
    """Histograms of several runs at the current epoch (filled steps) and at epoch 0 (dotted outline).

    Args:
        counts: run_id, label, variant, left, right, count, initial_count; one row per run and bin, bins ascending; all
            runs share the same equal bins. Runs with equal initial counts share one neutral outline; runs whose
            initial_count is NaN have none.
        layer_title: title of the layer, for example "First convolution".
        log_counts: use a logarithmic count axis; empty bins are drawn at one half.
        tipping_point: |w| above which the objective pushes a weight away from 0, lambda / (2 mu); drawn at both signs.

    Raises:
        ValueError: a column is missing, or the bins are unequal or differ between runs.
    """
    runs = split_runs(counts, ("left", "right", "count", "initial_count"))
    x_axis: dict = {"title": axis_title("Weight"), "unifiedhovertitle": {"text": "Weights around %{x:.3f}"}}
    y_axis: dict = {"title": axis_title("Weights per bin")}
    y_axis |= (
        {"type": "log", "dtick": 1, "autorangeoptions": {"minallowed": np.log10(EMPTY_BIN_ON_LOG_AXIS)}}
        if log_counts
        else {"rangemode": "tozero"}
    )
    traces = []
    if runs:
        edges = shared_edges([run.rows for run in runs])
        x_axis["range"] = [edges[0], edges[-1]]
        traces = [*_now(runs, edges, log_counts), *_at_epoch_0(runs, edges, log_counts)]
    guides = {} if tipping_point is None else _tipping_point(tipping_point)
    return compose(f"{layer_title}: distribution of the weights", traces, xaxis=x_axis, yaxis=y_axis, **guides)


def _now(runs: list[Run], edges: np.ndarray, log_counts: bool) -> Iterator[dict]:
    for run in runs:
        yield {
            **stepped(edges, run.rows["count"].to_numpy(float), log_counts),
            "uid": trace_uid(run, "now"),
            "name": run.label,
            "fill": "tozeroy",
            "fillcolor": translucent(run.color, 0.45 if len(runs) < 4 else 0.2),
            "line": {"color": run.color, "width": 1.5, "shape": "hvh", "dash": run.dash},
        }


def _at_epoch_0(runs: list[Run], edges: np.ndarray, log_counts: bool) -> Iterator[dict]:
    distinct: dict[bytes, Run] = {}
    for run in runs:
        initial = run.rows["initial_count"].to_numpy(float)
        if not np.isnan(initial).any():
            distinct.setdefault(initial.tobytes(), run)
    for position, run in enumerate(distinct.values()):
        color = run.color if len(distinct) > 1 else NEUTRAL
        yield {
            **stepped(edges, run.rows["initial_count"].to_numpy(float), log_counts),
            "uid": trace_uid(run, "initial"),
            "name": "At epoch 0",
            "legendgroup": "initial",
            "showlegend": position == 0,
            "line": {"color": color, "width": 1.5, "shape": "hvh", "dash": "dot"},
        }


def _tipping_point(weight: float) -> dict:
    return {
        "shapes": [vertical_line(x, dash="dash") for x in (-weight, weight)],
        "annotations": [
            {
                "text": f"tipping points ±λ/(2μ) = ±{weight:.3g}",
                "x": 0,  # between the two, where a narrow chart has room
                "xanchor": "center",
                "y": 1,
                "yref": "y domain",
                "yanchor": "bottom",
                "showarrow": False,
            }
        ],
    }
