"""Distance of the candidates for λ and μ to the paper, overall and by cell."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from dashboard.figures.canvas import axis_title, compose, safe_text, vertical_line
from dashboard.figures.drawn import drawn_once
from dashboard.figures.palette import NEUTRAL, SHADES, variant_color
from dashboard.figures.panels import axis_suffix, panel_title

SCALE = [[0.0, "#2061ad"], [0.35, "#5494e4"], [1.0, "#a9b1b8"]]
"""Color scale, dark blue for small distances, legible on both backgrounds and for color-blind readers."""

BEST = variant_color("min-max")
DASHES = ("solid", "dash", "dot", "dashdot", "longdash")
SYMBOLS = ("circle", "square", "diamond", "triangle-up", "cross")


@drawn_once
def search_figure(candidates: pd.DataFrame, title: str) -> go.Figure:
    """Distance to the paper: one panel per scope, evenly spaced μ against λ, one dot per candidate, the best ringed.

    Args:
        candidates: Scope, λ, μ, Seeds, Distance; the closest first.
    """
    scopes = sorted(set(candidates["Scope"]), reverse=True)
    panels = [candidates.loc[candidates["Scope"] == scope, :] for scope in scopes]
    distances = candidates["Distance"].to_numpy(float)
    lowest, highest = distances.min(initial=np.inf), distances.max(initial=0.0)
    traces: list[dict] = []
    layout: dict[str, Any] = {"annotations": []}
    domains = _side_by_side([rows["μ"].nunique() for rows in panels])
    for index, (scope, rows, domain) in enumerate(zip(scopes, panels, domains, strict=True)):
        axis = axis_suffix(index)
        mus, l1s = (np.unique(rows[name].to_numpy(float)) for name in ("μ", "λ"))
        layout["annotations"].append(panel_title(f"Penalty on: {safe_text(scope)}", domain[0], 1))
        layout[f"xaxis{axis}"] = {"domain": domain, "anchor": f"y{axis}", **_even_axis("μ", mus)}
        layout[f"yaxis{axis}"] = {"anchor": f"x{axis}", **_even_axis("λ", l1s)}
        is_best = rows.index == candidates.index[0]
        traces.append(
            {
                "type": "scatter",
                "mode": "markers+text",
                "x": np.searchsorted(mus, rows["μ"].to_numpy(float)),
                "y": np.searchsorted(l1s, rows["λ"].to_numpy(float)),
                "text": [f"{value:.2f}" for value in rows["Distance"]],
                "textposition": "bottom center",
                "customdata": rows[["λ", "μ", "Seeds"]].to_numpy(float),
                "uid": f"scope-{index}",
                "xaxis": f"x{axis}",
                "yaxis": f"y{axis}",
                "showlegend": False,
                "marker": {
                    "size": 18,
                    "color": rows["Distance"].to_numpy(float),
                    "cmin": lowest,
                    "cmax": highest if highest > lowest else lowest + 1.0,
                    "colorscale": SCALE,
                    "line": {"color": np.where(is_best, BEST, NEUTRAL), "width": np.where(is_best, 4, 1)},
                },
                "hovertemplate": "λ %{customdata[0]:g}, μ %{customdata[1]:g}: distance %{text}, "
                "seeds: %{customdata[2]}<extra></extra>",
            }
        )
    return compose(title, traces, hovermode="closest", **layout)


def _side_by_side(columns: Sequence[int], gap: float = 0.12) -> list[tuple[float, float]]:
    """Parts of [0, 1] with widths proportional to the numbers of columns and distance `gap`."""
    width = (1 - gap * (len(columns) - 1)) / max(sum(columns), 1)
    begins = [width * sum(columns[:index]) + gap * index for index in range(len(columns))]
    return [(begin, begin + width * count) for begin, count in zip(begins, columns, strict=True)]


def _even_axis(name: str, values: np.ndarray) -> dict:
    """An axis with evenly spaced values and room for the number below a dot."""
    ticks = {"tickmode": "array", "tickvals": np.arange(len(values)), "ticktext": [f"{value:g}" for value in values]}
    return {"range": [-0.7, len(values) - 0.4], **ticks, "title": axis_title(name), "showgrid": True, "zeroline": False}


@drawn_once
def deviation_figure(deviations: pd.DataFrame, title: str) -> go.Figure:
    """Deviation of each cell from the paper, one line per candidate; 0 is a perfect match.

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
        yaxis={"title": axis_title("Ours − paper (1 = 5 points, or a factor of 2)"), "zeroline": False},
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
        "hovertemplate": "%{y:+.2f}: ours %{customdata[0]:.4f}, paper %{customdata[1]:.4f}",
    }
