"""The paper's numbers and ours on one axis."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from dashboard.figures.canvas import axis_title, compose, safe_text
from dashboard.figures.drawn import drawn_once
from dashboard.figures.palette import NEUTRAL, translucent, variant_color
from dashboard.frames.paper import POINT_COLUMNS
from engine.runs.variants import VARIANTS

Rows = Mapping[str, Sequence[tuple[str, float]]]
"""Quantities and values of one variant, by kind."""

KINDS = {"printed": "paper", "seed": "one seed", "ours": "ours"}
SPREAD = 0.62
"""Share of a row's height that its variants cover."""


@drawn_once
def reproduction_figure(points: pd.DataFrame, title: str, *, in_nats: bool = False) -> go.Figure:
    """One row per quantity, one line per variant from the paper's number (diamond) to ours; seeds are small dots.

    Args:
        points: variant, quantity, kind ("printed", "ours", "seed"), value; quantities are rows in order of
            appearance, from the top.
        in_nats: whether values are fuzziness on a logarithmic axis, instead of fractions shown in percent.
    """
    places: dict[tuple[str, str], list[tuple[str, float]]] = {}
    for variant, quantity, kind, value in points[list(POINT_COLUMNS)].itertuples(index=False, name=None):
        places.setdefault((variant, kind), []).append((quantity, value))
    quantities = list(dict.fromkeys(points["quantity"]))
    present = set(points["variant"])
    variants = [variant for variant in VARIANTS if variant in present]
    traces = []
    for place, variant in enumerate(variants):
        rows = {kind: places.get((variant, kind), []) for kind in KINDS}
        offset = 0.0 if len(variants) == 1 else SPREAD * (place / (len(variants) - 1) - 0.5)
        traces += _variant(variant, rows, {name: row + offset for row, name in enumerate(quantities)}, in_nats)
    x_axis: dict = {"title": axis_title("Fuzziness (nats)"), "type": "log", "dtick": 1}
    if not in_nats:
        low = math.floor(10 * points["value"].to_numpy(float).min(initial=1.0)) / 10
        x_axis = {"title": axis_title("Correctly classified"), "tickformat": ".0%", "range": [low - 0.02, 1.02]}
    return compose(
        title,
        traces,
        xaxis={**x_axis, "showgrid": True},
        yaxis={
            "tickmode": "array",
            "tickvals": list(range(len(quantities))),
            "ticktext": [safe_text(name) for name in quantities],
            "range": [len(quantities) - 0.5, -0.5],
            "showgrid": False,
            "zeroline": False,
        },
        shapes=[_rule(row - 0.5) for row in range(1, len(quantities))],
        hovermode="closest",
    )


def _variant(variant: str, rows: Rows, heights: dict[str, float], in_nats: bool) -> list[dict]:
    color, number = variant_color(variant), "%{x:.4f} nats" if in_nats else "%{x:.2%}"
    looks = {
        "printed": {"symbol": "diamond-open", "size": 11, "line": {"width": 2}, "color": color},
        "seed": {"symbol": "circle", "size": 5, "color": translucent(color, 0.55)},
        "ours": {"symbol": "circle", "size": 11, "color": color},
    }
    name, uid = VARIANTS[variant], variant.replace("+", "-")
    shared = {"type": "scatter", "name": name, "legendgroup": variant, "cliponaxis": False}
    traces = [{**shared, "uid": f"{uid}-links", **_links(rows, heights, color)}]
    for kind, words in KINDS.items():
        traces.append(
            {
                **shared,
                "mode": "markers",
                "x": np.array([value for _, value in rows[kind]], float),
                "y": np.array([heights[quantity] for quantity, _ in rows[kind]], float),
                "text": [safe_text(quantity) for quantity, _ in rows[kind]],
                "uid": f"{uid}-{kind}",
                "marker": looks[kind],
                "showlegend": kind == ("ours" if rows["ours"] else "printed"),
                "hovertemplate": f"{name}, %{{text}}, {words}: {number}<extra></extra>",
            }
        )
    return traces


def _links(rows: Rows, heights: dict[str, float], color: str) -> dict:
    """Lines from the paper's numbers to ours, as one trace with gaps."""
    ours = dict(rows["ours"])
    linked = [(quantity, value) for quantity, value in rows["printed"] if quantity in ours]
    x = np.array([(value, ours[quantity], np.nan) for quantity, value in linked], float).ravel()
    y = np.array([(heights[quantity], heights[quantity], np.nan) for quantity, _ in linked], float).ravel()
    look = {"line": {"color": translucent(color, 0.6), "width": 2}, "showlegend": False, "hoverinfo": "skip"}
    return {"mode": "lines", "x": x, "y": y, **look}


def _rule(height: float) -> dict:
    place = {"xref": "x domain", "x0": 0, "x1": 1, "yref": "y", "y0": height, "y1": height}
    return {"type": "line", **place, "line": {"color": translucent(NEUTRAL, 0.35), "width": 1}}
