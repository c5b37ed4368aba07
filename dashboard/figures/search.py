"""Which λ and μ come close to the print, and where they do not."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from dashboard.figures.canvas import axis_title, compose, safe_text, vertical_line
from dashboard.figures.panels import axis_suffix, panel_title, spans
from dashboard.palette import NEUTRAL, SHADES, variant_color

SCALE = [[0.0, "#2061ad"], [0.35, "#5494e4"], [1.0, "#a9b1b8"]]
"""Blue where it comes close; legible on both backgrounds, and dark to light for the color-blind."""

BEST = variant_color("min-max")
DASHES = ("solid", "dash", "dot", "dashdot", "longdash")
SYMBOLS = ("circle", "square", "diamond", "triangle-up", "cross")


def search_figure(candidates: pd.DataFrame, title: str) -> go.Figure:
    """Distance to the print over λ and μ, both logarithmic: a dot per candidate, a panel per scope; the best ringed.

    Args:
        candidates: Scope, λ, μ, Seeds, Distance; the closest first.
    """
    scopes = list(dict.fromkeys(sorted(candidates["Scope"], reverse=True)))
    distances = candidates["Distance"].to_numpy(float)
    lowest, highest = distances.min(initial=np.inf), distances.max(initial=0.0)
    traces: list[dict] = []
    layout: dict[str, Any] = {"annotations": []}
    for index, (scope, domain) in enumerate(zip(scopes, spans(max(len(scopes), 1), 0.12), strict=False)):
        axis, rows = axis_suffix(index), candidates.loc[candidates["Scope"] == scope, :]
        layout["annotations"].append(panel_title(f"Penalty on: {safe_text(scope)}", domain[0], 1))
        layout[f"xaxis{axis}"] = {
            "domain": domain,
            "anchor": f"y{axis}",
            **_log_axis("λ", candidates["λ"].to_numpy(float)),
        }
        layout[f"yaxis{axis}"] = {"anchor": f"x{axis}", **_log_axis("μ", candidates["μ"].to_numpy(float))}
        is_best = rows.index == candidates.index[0]
        traces.append(
            {
                "type": "scatter",
                "mode": "markers+text",
                "x": rows["λ"].to_numpy(float),
                "y": rows["μ"].to_numpy(float),
                "text": [f"{value:.2f}" for value in rows["Distance"]],
                "textposition": "bottom center",
                "customdata": rows["Seeds"].to_numpy(),
                "uid": f"scope-{index}",
                "xaxis": f"x{axis}",
                "yaxis": f"y{axis}",
                "showlegend": False,
                "marker": {
                    "size": 20,
                    "color": rows["Distance"].to_numpy(float),
                    "cmin": lowest,
                    "cmax": highest if highest > lowest else lowest + 1.0,
                    "colorscale": SCALE,
                    "line": {"color": np.where(is_best, BEST, NEUTRAL), "width": np.where(is_best, 4, 1)},
                },
                "hovertemplate": "λ %{x:g}, μ %{y:g}: distance %{text}, seeds: %{customdata}<extra></extra>",
            }
        )
    return compose(title, traces, hovermode="closest", **layout)


def _log_axis(name: str, values: np.ndarray) -> dict:
    """From below the smallest to above the largest, with a tick at each."""
    found = np.unique(values)
    low, high = np.log10(found[[0, -1]])
    ticks = {"tickmode": "array", "tickvals": found, "ticktext": [f"{value:g}" for value in found]}
    return {"type": "log", "range": [low - 0.35, high + 0.35], **ticks, "title": axis_title(name), "showgrid": True}


def deviation_figure(deviations: pd.DataFrame, title: str) -> go.Figure:
    """How far each cell is from the print, a line per candidate: what does not fit lies far from 0.

    Args:
        deviations: candidate, quantity, deviation (in units of the distance, signed), printed, ours; the closest first.
    """
    names = list(dict.fromkeys(deviations["candidate"]))
    quantities = list(dict.fromkeys(deviations["quantity"]))
    traces = [
        _line(place, name, deviations.loc[deviations["candidate"] == name, :]) for place, name in enumerate(names)
    ]
    zero = {**vertical_line(0), "xref": "x domain", "x0": 0, "x1": 1, "yref": "y", "y0": 0, "y1": 0}
    return compose(
        title,
        traces,
        xaxis={"categoryorder": "array", "categoryarray": [safe_text(name) for name in quantities], "ticks": ""},
        yaxis={"title": axis_title("Ours − print (1 = 5 points, or a factor of 2)"), "zeroline": False},
        shapes=[zero],
    )


def _line(place: int, name: str, rows: pd.DataFrame) -> dict:
    shades: Sequence[str] = SHADES["min-max"]
    color = shades[place % len(shades)]
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "x": [safe_text(quantity) for quantity in rows["quantity"]],
        "y": rows["deviation"].to_numpy(float),
        "customdata": rows[["ours", "printed"]].to_numpy(float),
        "uid": f"candidate-{place}",
        "name": safe_text(name),
        "line": {"color": color, "width": 3 if place == 0 else 1.5, "dash": DASHES[place % len(DASHES)]},
        "marker": {"color": color, "size": 9, "symbol": SYMBOLS[place % len(SYMBOLS)]},
        "hovertemplate": "%{y:+.2f}: ours %{customdata[0]:.4f}, in print %{customdata[1]:.4f}",
    }
