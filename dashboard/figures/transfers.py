"""Transfer matrix: accuracy of each target network on each source network's adversarial images."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from dashboard.figures.canvas import axis_title, compose, safe_text
from dashboard.figures.drawn import drawn_once

SCALE = [[0.0, "#4a0d24"], [0.25, "#97333c"], [0.5, "#d0765c"], [0.75, "#e9b999"], [1.0, "#eef1f3"]]
"""Color scale, dark where networks are fooled, with even lightness for color-blind readers."""

WHITE_BOX = "#2f7fd6"


@drawn_once
def transfer_figure(matrix: pd.DataFrame, clean: Mapping[str, float], title: str) -> go.Figure:
    """A heat map from 0 to 100 % with a number in each cell; the diagonal is framed.

    Args:
        matrix: in percent, sources as rows and targets as columns, in the same order; NaN is an empty cell.
        clean: accuracy without an attack by target, in percent.
    """
    names = [safe_text(label) for label in matrix.columns]
    values = matrix.to_numpy(np.float64)
    places = list(range(len(names)))
    axis = {"tickmode": "array", "tickvals": places, "ticktext": names, "showgrid": False, "zeroline": False}
    hover = [
        [f"source: {source}<br>target: {target}<br>{_plain(clean, column)} without an attack"
         for target, column in zip(names, matrix.columns, strict=True)]
        for source in names
    ]  # fmt: skip
    heat = {
        "type": "heatmap",
        "x": places,
        "y": places,
        "z": [[None if np.isnan(value) else round(value, 4) for value in row] for row in values.tolist()],
        "zmin": 0,
        "zmax": 100,
        "colorscale": SCALE,
        "colorbar": {"title": {"text": "%"}, "thickness": 12, "outlinewidth": 0},
        "xgap": 3,
        "ygap": 3,
        "uid": "transfer",
        "text": hover,
        "texttemplate": "%{z:.1f}",
        "textfont": {"size": 15},
        "hovertemplate": "%{z:.1f} % correct<br>%{text}<extra></extra>",
        "hoverongaps": False,
    }
    return compose(
        title,
        [heat],
        xaxis={**axis, "title": axis_title("Target"), "range": [-0.5, len(names) - 0.5], "ticks": ""},
        yaxis={**axis, "title": axis_title("Source"), "range": [len(names) - 0.5, -0.5]},
        hovermode="closest",
        shapes=[_frame(place) for place in places if not np.isnan(values[place, place])],
    )


def _plain(clean: Mapping[str, float], label: str) -> str:
    return f"{clean[label]:.1f} %" if label in clean else "unknown"


def _frame(place: int) -> dict:
    edges = {"x0": place - 0.47, "x1": place + 0.47, "y0": place - 0.47, "y1": place + 0.47}
    return {"type": "rect", **edges, "line": {"color": WHITE_BOX, "width": 3}}
