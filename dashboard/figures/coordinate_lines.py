"""Parallel coordinates as ordinary lines: a saved page must not compile the code that Plotly's own need for WebGL."""

from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.colors import sample_colorscale

from dashboard.figures.canvas import compose, safe_text
from dashboard.figures.sweeps import SPREAD


def coordinate_lines_figure(coordinates: go.Figure, points: pd.DataFrame) -> go.Figure:
    """The lines of a `coordinates_figure` without WebGL, for a saved page, whose security policy rules it out.

    Args:
        points: those of the `coordinates_figure`, with the `label` of each line.
    """
    if not coordinates.data or coordinates.data[0].type != "parcoords":
        return coordinates
    drawn = coordinates.data[0]
    heights = [_height(np.array(one["values"], float), np.array(one["values"], float)) for one in drawn.dimensions]
    shades = np.array(drawn.line.color, float)
    colors = sample_colorscale(SPREAD, _height(shades, shades).tolist())
    places = list(range(len(heights)))
    lines = [
        {
            "type": "scatter",
            "mode": "lines",
            "x": places,
            "y": [height[number] for height in heights],
            "line": {"color": color, "width": 1.5},
            "name": safe_text(label),
            "hoverinfo": "name",
            "showlegend": False,
        }
        for number, (color, label) in enumerate(zip(colors, points["label"], strict=True))
    ]
    scale = {"color": shades.tolist(), "colorscale": SPREAD, "showscale": True, "size": 0.1}
    scale["colorbar"] = drawn.line.colorbar.to_plotly_json()
    bar = {"type": "scatter", "mode": "markers", "x": [0] * len(shades), "y": [0] * len(shades), "marker": scale}
    return compose(
        "",
        [*lines, bar | {"hoverinfo": "skip", "showlegend": False}],
        xaxis={"tickvals": places, "ticktext": [one["label"] for one in drawn.dimensions], "showgrid": True},
        yaxis={"visible": False, "range": [-0.05, 1.05]},
        annotations=[each for place, one in zip(places, drawn.dimensions, strict=True) for each in _ticks(place, one)],
        hovermode="closest",
    ).update_layout(title=coordinates.to_plotly_json()["layout"].get("title"))


def _height(values: np.ndarray, of: np.ndarray) -> np.ndarray:
    """Values as heights on an axis from the smallest to the largest value of `of`; 0.5 if these are equal."""
    low, high = of.min(), of.max()
    return (values - low) / (high - low) if high > low else np.full(len(values), 0.5)


def _ticks(place: int, dimension: Any) -> list[dict]:
    """Numbers beside an axis: those of the dimension, or its smallest and largest value."""
    values = np.array(dimension["values"], float)
    at = np.array(dimension["tickvals"] if dimension["tickvals"] is not None else sorted({values.min(), values.max()}))
    texts = dimension["ticktext"] if dimension["ticktext"] is not None else [f"{value:g}" for value in at]
    inside = (at >= values.min()) & (at <= values.max())
    heights = _height(at, values)
    look = {"showarrow": False, "xanchor": "left", "xshift": 3, "font": {"size": 11}}
    return [
        {"x": place, "y": height, "text": text, **look}
        for height, text, is_inside in zip(heights, texts, inside, strict=True)
        if is_inside
    ]
