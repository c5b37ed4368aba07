"""Theorem 1 over p1: both models, their small-input forms, and the p1 at which the inequality fails."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from dashboard.figures.canvas import axis_title, compose, vertical_line
from dashboard.figures.drawn import drawn_once
from dashboard.figures.palette import NEUTRAL, translucent, variant_color

MODELS = {
    "uniform": ("model a, U(0, 1)", variant_color("std")),
    "bernoulli": ("model b, Bernoulli(p₁)", variant_color("min-max")),
}


@drawn_once
def theorem_figure(
    frame: pd.DataFrame,
    title: str,
    y_title: str,
    thresholds: tuple[float, float],
    *,
    cursor: float | None = None,
    expansion_name: str,
) -> go.Figure:
    """Estimates with 95 % bands, small-input forms (dashed), and exact values (diamonds) where they are known.

    The background is red where the inequality fails.

    Args:
        frame: from `theorem_frame`.
        y_title: name of the quantity.
        thresholds: p1 between which the inequality fails by the small-input forms, drawn as vertical lines.
        cursor: p1 of the mark on the curve of model b.
        expansion_name: name of the dashed lines in the legend.
    """
    traces = [trace for model in MODELS for trace in _model(frame, model, expansion_name)]
    if cursor is not None:
        traces.append(_cursor(frame, cursor))
    shapes = [_failing(left, right) for left, right in failing_spans(frame)]
    return compose(
        title,
        traces,
        xaxis={
            "title": axis_title("p₁, share of ones in model b"),
            "range": [0, 1],
            "unifiedhovertitle": {"text": "p₁ = %{x:g}"},
        },
        yaxis={"title": axis_title(y_title), "range": [0, highest(frame)], "tickformat": ".3~g"},
        shapes=[*shapes, *(vertical_line(place, dash="dash") for place in thresholds)],
        annotations=[_name(place, f"{place:.3f}") for place in thresholds],
        margin={"l": 12, "r": 12, "t": 70, "b": 12, "pad": 4},
    )


def highest(frame: pd.DataFrame) -> float:
    """End of the axis: above all values, but at most twice the estimates if the small-input forms are far larger."""
    estimates = frame[["uniform_high", "bernoulli_high"]].to_numpy(float).max()
    forms = frame[["uniform_expansion", "bernoulli_expansion"]].to_numpy(float).max()
    return 1.05 * min(max(estimates, forms), 2.0 * estimates)


def failing_spans(frame: pd.DataFrame) -> list[tuple[float, float]]:
    """Intervals of p1 in which the inequality fails, with ends halfway to the next value at which it does not."""
    places, fails = frame["p1"].to_numpy(float), (frame["verdict"] == "fails").to_numpy()
    borders = np.concatenate(([places[0]], (places[1:] + places[:-1]) / 2, [places[-1]]))
    changes = np.flatnonzero(np.diff(np.concatenate(([False], fails, [False])).astype(int)))
    return [(float(borders[start]), float(borders[stop])) for start, stop in changes.reshape(-1, 2)]


def _model(frame: pd.DataFrame, model: str, expansion_name: str) -> Iterator[dict]:
    """Band, line, small-input form and exact values of one model."""
    name, color = MODELS[model]
    shared = {"type": "scatter", "x": frame["p1"].to_numpy(float), "legendgroup": model}
    edge = {"mode": "lines", "line": {"width": 0}, "showlegend": False, "hoverinfo": "skip"}
    low, high = (frame[f"{model}_{end}"].to_numpy(float) for end in ("low", "high"))
    yield {**shared, **edge, "y": low, "uid": f"{model}-low"}
    yield {
        **shared,
        **edge,
        "y": high,
        "uid": f"{model}-high",
        "fill": "tonexty",
        "fillcolor": translucent(color, 0.25),
    }
    yield {
        **shared,
        "y": frame[model].to_numpy(float),
        "customdata": (high - low) / 2,
        "uid": model,
        "name": name,
        "mode": "lines",
        "line": {"color": color, "width": 2},
        "hovertemplate": "%{y:.3~g} ± %{customdata:.1~g}",
    }
    yield {
        **shared,
        "y": frame[f"{model}_expansion"].to_numpy(float),
        "uid": f"{model}-expansion",
        "name": f"{name.split(',')[0]}, {expansion_name}",
        "mode": "lines",
        "line": {"color": color, "width": 1.5, "dash": "dash"},
        "hovertemplate": "%{y:.3~g}",
    }
    exact = frame[f"{model}_exact"].to_numpy(float)
    if np.isfinite(exact).any():
        yield {
            **shared,
            "y": exact,
            "uid": f"{model}-exact",
            "name": f"{name.split(',')[0]}, exact",
            "mode": "markers",
            "marker": {"color": color, "size": 5, "symbol": "diamond"},
            "hovertemplate": "%{y:.6~g}",
        }


def _cursor(frame: pd.DataFrame, p1: float) -> dict:
    places = frame["p1"].to_numpy(float)
    nearest = [int(np.abs(places - p1).argmin())]
    return {
        "type": "scatter",
        "x": places[nearest],
        "y": frame["bernoulli"].to_numpy(float)[nearest],
        "uid": "cursor",
        "mode": "markers",
        "marker": {"color": MODELS["bernoulli"][1], "size": 12, "line": {"color": "#ffffff", "width": 1.5}},
        "showlegend": False,
        "hoverinfo": "skip",
    }


def _failing(left: float, right: float) -> dict:
    place = {"x0": left, "x1": right, "xref": "x", "y0": 0, "y1": 1, "yref": "y domain"}
    look = {"fillcolor": translucent(MODELS["bernoulli"][1], 0.09), "line": {"width": 0}, "layer": "below"}
    return {"type": "rect", **place, **look}


def _name(x: float, text: str) -> dict:
    place = {"x": x, "xref": "x", "xanchor": "center", "y": 1, "yref": "paper", "yanchor": "bottom"}
    return {"text": text, **place, "showarrow": False, "font": {"size": 12, "color": NEUTRAL}}
