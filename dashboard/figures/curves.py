"""Accuracy against epsilon."""

import math
from collections.abc import Iterator

import pandas as pd
import plotly.graph_objects as go

from dashboard.figures.canvas import Run, axis_title, compose, split_runs, trace_uid, vertical_line
from dashboard.figures.drawn import drawn_once
from dashboard.figures.palette import translucent

CLOSE = 0.06  # share of the axis within which two lines share a label


@drawn_once
def curve_figure(
    curves: pd.DataFrame,
    summary: pd.DataFrame,
    thresholds: pd.DataFrame,
    title: str,
    epsilon_title: str,
    *,
    paper: float | None = None,
    exact: bool = False,
) -> go.Figure:
    """One line per run from epsilon 0, with its band and a diamond at half of the clean accuracy.

    Args:
        curves: run_id, label, variant, epsilon ascending from 0, pixel_epsilon, accuracy, low, high, seeds.
        summary: run_id, clean_accuracy, half_epsilon; no diamond is drawn where half_epsilon is NaN.
        thresholds: run_id, epsilon, each a dashed line in the run's color.
        title: of the chart.
        epsilon_title: axis title, epsilon with its unit.
        paper: the paper's epsilon in this unit, drawn as a dotted line.
        exact: whether accuracy is constant between these epsilons, instead of known only at them.
    """
    runs = split_runs(curves, ("epsilon", "pixel_epsilon", "accuracy", "low", "high", "seeds"))
    halves = {row["run_id"]: row for row in summary.to_dict("records")}
    traces = [trace for run in runs for trace in (*_curve(run, exact), *_half(run, halves[run.run_id]))]
    last = float(curves["epsilon"].to_numpy(float).max(initial=0.0)) or 1.0
    colors = {run.run_id: run.color for run in runs}
    places = zip(thresholds["epsilon"].astype(float), thresholds["run_id"], strict=True)
    lines = [_threshold_line(epsilon, colors[run_id]) for epsilon, run_id in places]
    labels = _labels([(float(epsilon), "threshold") for epsilon in thresholds["epsilon"]], last, "left")
    if paper is not None and paper <= last:
        lines.append(vertical_line(paper))
        labels += _labels([(paper, "paper’s ε")], last, "right")
    return compose(
        title,
        traces,
        xaxis={
            "title": axis_title(epsilon_title),
            "range": [0, 1.02 * last],
            "unifiedhovertitle": {"text": "ε = %{x:.4~g}"},
        },
        yaxis={"title": axis_title("Correctly classified"), "tickformat": ".0%", "range": [-0.02, 1.03], "dtick": 0.2},
        shapes=lines,
        annotations=labels,
        margin={"l": 12, "r": 12, "t": 70, "b": 12, "pad": 4},
    )


def _curve(run: Run, exact: bool) -> Iterator[dict]:
    """The band from low to high and the line."""
    rows, shape = run.rows, "hv" if exact else "linear"
    epsilons, shared = rows["epsilon"].to_numpy(float), {"type": "scatter", "name": run.label}
    shared |= {"legendgroup": run.run_id}
    hidden = {"mode": "lines", "showlegend": False, "hoverinfo": "skip", "line": {"width": 0, "shape": shape}}
    yield {**shared, **hidden, "x": epsilons, "y": rows["low"].to_numpy(float), "uid": trace_uid(run, "low")}
    yield {
        **shared,
        **hidden,
        "x": epsilons,
        "y": rows["high"].to_numpy(float),
        "uid": trace_uid(run, "high"),
        "fill": "tonexty",
        "fillcolor": translucent(run.color, 0.16),
    }
    yield {
        **shared,
        "x": epsilons,
        "y": rows["accuracy"].to_numpy(float),
        "customdata": _spread_words(rows),
        "uid": trace_uid(run, "curve"),
        "mode": "lines" if exact else "lines+markers",
        "line": {"color": run.color, "width": 2, "shape": shape, "dash": run.dash},
        "marker": {"color": run.color, "size": 6},
        "hovertemplate": "%{y:.1%}%{customdata}",
    }


def _spread_words(rows: pd.DataFrame) -> list[str]:
    """Hover text after each accuracy: its spread, and epsilon in pixels."""
    is_mean = rows["seeds"].iloc[0] > 1
    columns = (rows[name].to_numpy(float) for name in ("accuracy", "low", "high", "pixel_epsilon"))
    return [
        (f" ± {100 * (high - value):.1f}" if is_mean else f", 95 % interval {100 * low:.1f} to {100 * high:.1f}")
        + f"<br>at {pixels:.4f} in pixels"
        for value, low, high, pixels in zip(*columns, strict=True)
    ]


def _half(run: Run, summary: dict) -> Iterator[dict]:
    if math.isnan(summary["half_epsilon"]):
        return
    yield {
        "type": "scatter",
        "x": [summary["half_epsilon"]],
        "y": [summary["clean_accuracy"] / 2],
        "uid": trace_uid(run, "half"),
        "name": run.label,
        "legendgroup": run.run_id,
        "mode": "markers",
        "marker": {"color": run.color, "size": 13, "symbol": "diamond", "line": {"color": "#ffffff", "width": 1.5}},
        "showlegend": False,
        "hovertemplate": "half of the accuracy is lost at ε = %{x:.4~g}",
    }


def _threshold_line(epsilon: float, color: str) -> dict:
    line = vertical_line(epsilon, dash="dash")
    return line | {"line": line["line"] | {"color": color, "width": 1}}


def _labels(places: list[tuple[float, str]], last: float, anchor: str) -> list[dict]:
    """Labels above the plot; lines close to each other share one."""
    labels: list[dict] = []
    for epsilon, text in sorted(places):
        if labels and epsilon - labels[-1]["x"] < CLOSE * last:
            continue
        place = {"x": epsilon, "xref": "x", "xanchor": anchor, "y": 1, "yref": "paper", "yanchor": "bottom"}
        labels.append({"text": text, **place, "showarrow": False, "font": {"size": 12}})
    return labels
