"""Forest plot of statements about differences, with intervals and claimed regions."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from dashboard.figures.canvas import axis_title, compose, safe_text
from dashboard.figures.drawn import drawn_once
from dashboard.figures.palette import NEUTRAL, translucent, variant_color
from dashboard.figures.panels import axis_suffix, panel_title
from dashboard.memory import remembered_by_identity

LOOKS = {
    "supported": ("circle", variant_color("std+l2")),
    "contradicted": ("x", variant_color("min-max")),
    "not decided": ("circle-open", NEUTRAL),
}
"""Symbol and color by verdict."""

UNITS = {"points": "Difference in accuracy (points)", "nats": "Difference in nats", "weights": "Difference in weights"}
ROW, GAP, FRAME = 30, 78, 96
"""Heights in pixels: of a statement, between panels, around the panels."""


@drawn_once
def forest_figure(statements: pd.DataFrame, title: str) -> go.Figure:
    """Difference and 95 % interval of every statement with a difference: one panel per unit, claimed regions shaded.

    Args:
        statements: claim, statement, verdict, unit, difference, low, high, seeds, region_low, region_high; without an
            interval low and high are NaN, and an open region is infinite.
        title: of the chart.
    """
    drawn = statements.dropna(subset=["difference"])
    panels = [(unit, rows) for unit in UNITS if len(rows := drawn.loc[drawn["unit"] == unit, :])]
    height = forest_height(statements)
    layout: dict[str, Any] = {"shapes": [], "annotations": []}
    traces, top, seen = [], 1.0, set()
    inside = height - FRAME
    for index, (unit, rows) in enumerate(panels):
        axis = axis_suffix(index)
        share = ROW * len(rows) / inside
        ends = _ends(rows)
        layout[f"xaxis{axis}"] = {
            "title": axis_title(UNITS[unit]),
            "anchor": f"y{axis}",
            "range": ends,
            "zeroline": True,
            "zerolinecolor": NEUTRAL,
            "zerolinewidth": 1,
        }
        layout[f"yaxis{axis}"] = {
            "domain": [max(top - share, 0.0), top],
            "anchor": f"x{axis}",
            "tickmode": "array",
            "tickvals": list(range(len(rows))),
            "ticktext": [f"{row.claim}: {safe_text(_short(row.statement))}" for row in rows.itertuples()],
            "range": [len(rows) - 0.5, -0.5],
            "showgrid": False,
            "zeroline": False,
        }
        layout["shapes"] += [_region(row, place, ends, axis) for place, row in enumerate(rows.itertuples())]
        traces += _markers(rows.reset_index(drop=True), axis, seen)
        top -= share + GAP / inside
    if panels:
        layout["annotations"].append(panel_title("Shaded: region claimed by the statement", 0, 1))
    return compose(title, traces, hovermode="closest", height=height, **layout)


@remembered_by_identity
def forest_height(statements: pd.DataFrame) -> int:
    """Height of `forest_figure` in pixels."""
    units = statements.dropna(subset=["difference"])["unit"]
    return FRAME + ROW * len(units) + GAP * max(len(set(units)), 1)


def _ends(rows: pd.DataFrame) -> list[float]:
    """Ends of the axis around all intervals and 0."""
    values = rows[["difference", "low", "high"]].to_numpy(float)
    low, high = min(0.0, np.nanmin(values)), max(0.0, np.nanmax(values))
    margin = 0.06 * (high - low or 1.0)
    return [low - margin, high + margin]


def _region(row, place: int, ends: Sequence[float], axis: str) -> dict:
    return {
        "type": "rect",
        "xref": f"x{axis}",
        "yref": f"y{axis}",
        "x0": max(row.region_low, ends[0]),
        "x1": min(row.region_high, ends[1]),
        "y0": place - 0.38,
        "y1": place + 0.38,
        "fillcolor": translucent(NEUTRAL, 0.16),
        "line": {"width": 0},
        "layer": "below",
    }


def _markers(rows: pd.DataFrame, axis: str, seen: set[str]) -> list[dict]:
    traces = []
    for verdict, (symbol, color) in LOOKS.items():
        found = rows.loc[rows["verdict"] == verdict, :]
        if found.empty:
            continue
        above, below = found["high"] - found["difference"], found["difference"] - found["low"]
        traces.append(
            {
                "type": "scatter",
                "mode": "markers",
                "x": found["difference"].to_numpy(float),
                "y": found.index.to_numpy(),
                "customdata": list(zip(found["seeds"], _intervals(found), strict=True)),
                "text": [safe_text(words) for words in found["statement"]],
                "uid": f"{verdict.replace(' ', '-')}-{axis or 1}",
                "name": verdict,
                "legendgroup": verdict,
                "showlegend": verdict not in seen,
                "xaxis": f"x{axis}",
                "yaxis": f"y{axis}",
                "marker": {"symbol": symbol, "color": color, "size": 11, "line": {"width": 2, "color": color}},
                "error_x": {
                    "type": "data",
                    "array": above.to_numpy(float),
                    "arrayminus": below.to_numpy(float),
                    "color": color,
                    "thickness": 2,
                    "width": 5,
                },
                "hovertemplate": "%{text}<br>%{x:+.4~g}%{customdata[1]}, seeds: %{customdata[0]}<extra></extra>",
            }
        )
        seen.add(verdict)
    return traces


def _intervals(rows: pd.DataFrame) -> list[str]:
    """Hover texts of the intervals; empty without an interval."""
    ends = zip(rows["low"], rows["high"], strict=True)
    return ["" if np.isnan(low) else f", 95 % interval {low:+.4g} to {high:+.4g}" for low, high in ends]


def _short(words: str) -> str:
    return words.partition(",")[0]
