"""Paths of weights under the penalty alone."""

import pandas as pd
import plotly.graph_objects as go

from dashboard.figures.canvas import axis_title, compose
from dashboard.figures.drawn import drawn_once
from dashboard.figures.palette import NEUTRAL
from dashboard.figures.theory import INWARD, OUTWARD


@drawn_once
def path_figure(
    frame: pd.DataFrame, title: str, x_title: str, tipping_point: float | None, largest_start: float
) -> go.Figure:
    """|w| over steps: one line per start, blue below the tipping point, red above it, thick for `largest_start`.

    Args:
        frame: start, step, size; steps ascending within a start.
    """
    steps = frame["step"].to_numpy().max()
    shapes = [_level(tipping_point)] if tipping_point else []
    return compose(
        title,
        [
            _path(rows["start"].to_numpy(float)[0], rows, tipping_point, largest_start)
            for _, rows in frame.groupby("start")
        ],
        xaxis={"title": axis_title(x_title), "range": [0, steps], "unifiedhovertitle": {"text": "Step %{x:,}"}},
        yaxis={"title": axis_title("|w|"), "rangemode": "tozero"},
        shapes=shapes,
        annotations=[_level_name(tipping_point)] if tipping_point else [],
        showlegend=False,
    )


def _path(start: float, rows: pd.DataFrame, tipping_point: float | None, largest_start: float) -> dict:
    is_outward = tipping_point is not None and start > tipping_point
    return {
        "type": "scatter",
        "mode": "lines",
        "x": rows["step"].to_numpy(),
        "y": rows["size"].to_numpy(float),
        "uid": f"path-{start:.6e}".replace(".", "_").replace("+", "p"),
        "name": f"from {start:.3g}",
        "line": {"color": OUTWARD if is_outward else INWARD, "width": 4 if start == largest_start else 1.5},
        "hovertemplate": "%{y:.4f}",
    }


def _level(size: float) -> dict:
    place = {"x0": 0, "x1": 1, "xref": "x domain", "y0": size, "y1": size, "yref": "y"}
    return {"type": "line", **place, "line": {"color": NEUTRAL, "width": 1.5, "dash": "dash"}}


def _level_name(size: float) -> dict:
    place = {"x": 1, "xref": "paper", "xanchor": "right", "y": size, "yref": "y", "yanchor": "bottom"}
    return {"text": f"tipping point {size:.3g}", **place, "showarrow": False, "font": {"size": 12}}
