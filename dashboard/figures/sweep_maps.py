"""Heat maps of λ × μ: quantities of weights, accuracies, and cells with weights pushed outward."""

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.colors import get_colorscale, sample_colorscale

from dashboard.figures.canvas import axis_title, compose, safe_text
from dashboard.figures.drawn import drawn_once
from dashboard.figures.palette import NEUTRAL
from dashboard.figures.panels import axis_suffix, panel_title, spans
from dashboard.figures.runaway import boundary_line, overlays, runaway_marks
from dashboard.figures.transfers import SCALE, WHITE_BOX
from dashboard.frames.sweeps import LARGEST_WEIGHT, Quantity

EVEN_LUMINANCE = 0.179
"""Luminance at which black and white text have equal contrast (WCAG 2)."""

ROW, PANEL_GAP, ABREAST = 46, 78, 2


@drawn_once
def map_figure(
    points: pd.DataFrame,
    quantities: Sequence[Quantity],
    title: str,
    *,
    initial: float | None,
    chosen: tuple[float, float] | None = None,
) -> go.Figure:
    """One map per quantity, λ against μ, with the mean over seeds in each cell.

    Accuracies under attack share one color range; largest weights are colored by their logarithm.

    Args:
        points: a `point_frame`.
        initial: largest initial |w| of all runs; without it, no boundary is drawn.
        chosen: λ and μ of the framed cell.
    """
    l1s, mus = (sorted(set(points[name])) for name in ("l1", "mu"))
    columns = min(ABREAST, len(quantities)) or 1
    rows = -(-len(quantities) // columns) or 1
    height = map_height(len(quantities), len(l1s))
    across = spans(columns, 0.09)
    down = spans(rows, PANEL_GAP / (height - 150) if rows > 1 else 0.0)[::-1]
    layout: dict = {"annotations": [], "shapes": []}
    traces: list[dict] = []
    ranges = _color_ranges(points, quantities)
    marks = runaway_marks(points, l1s, mus)
    boundary = boundary_line(l1s, mus, initial) if initial is not None else []
    for index, one in enumerate(quantities):
        axis, x, y = axis_suffix(index), across[index % columns], down[index // columns]
        layout |= _axes(axis, x, y, l1s, mus)
        layout["annotations"].append(panel_title(safe_text(one.heading), x[0], y[1]))
        traces.append(_heat(points, one, l1s, mus, axis, ranges[one.name]))
        traces += overlays(marks, boundary, axis, index == 0)
        if chosen is not None and chosen[0] in l1s and chosen[1] in mus:
            layout["shapes"].append(_frame(mus.index(chosen[1]), l1s.index(chosen[0]), axis))
    return compose(title, traces or [{"x": []}], hovermode="closest", **layout)


def map_height(maps: int, l1s: int) -> int:
    """Height in pixels of this many maps with this many values of λ."""
    rows = -(-maps // min(ABREAST, maps)) if maps else 1
    return 150 + rows * ROW * max(l1s, 2) + (rows - 1) * PANEL_GAP


def _heat(
    points: pd.DataFrame,
    one: Quantity,
    l1s: list[float],
    mus: list[float],
    axis: str,
    colors: tuple[float, float],
) -> dict:
    shape = (len(l1s), len(mus))
    z, text, hover = np.full(shape, np.nan), np.full(shape, "", object), np.full(shape, "", object)
    for point in points.to_dict("records"):
        place, mean = (l1s.index(point["l1"]), mus.index(point["mu"])), point[one.name]
        if not np.isnan(mean):
            z[place] = _color_value(one, mean)
            text[place] = f'<span style="color: {_ink(one, z[place], colors)}">{_short(one, mean)}</span>'
            hover[place] = _hover(point, one)
    return {
        "type": "heatmap",
        "x": list(range(len(mus))),
        "y": list(range(len(l1s))),
        "z": [[None if np.isnan(value) else round(value, 6) for value in row] for row in z.tolist()],
        "zmin": colors[0],
        "zmax": colors[1],
        "colorscale": _scale(one),
        "showscale": False,
        "xgap": 4,
        "ygap": 4,
        "uid": f"map-{axis}",
        "text": text.tolist(),
        "customdata": hover.tolist(),
        "texttemplate": "%{text}",
        "textfont": {"size": 13},
        "hovertemplate": "%{customdata}<extra></extra>",
        "hoverongaps": False,
        "xaxis": f"x{axis}",
        "yaxis": f"y{axis}",
    }


def _scale(one: Quantity) -> list:
    return SCALE if one.is_accuracy else get_colorscale("Cividis")


def _ink(one: Quantity, value: float, colors: tuple[float, float]) -> str:
    """Black or white, whichever has more contrast to the cell of this value."""
    low, high = colors
    share = (value - low) / (high - low) if high > low else 0.5
    (cell,) = sample_colorscale(_scale(one), [min(max(share, 0.0), 1.0)], colortype="tuple")
    parts = np.asarray(cell, np.float64)
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    luminance = float(linear @ (0.2126, 0.7152, 0.0722))
    return "#000000" if luminance > EVEN_LUMINANCE else "#ffffff"


def _color_value(one: Quantity, mean: float) -> float:
    return math.log10(max(mean, 1e-6)) if one.is_logarithmic else one.scale * mean


def _color_ranges(points: pd.DataFrame, quantities: Sequence[Quantity]) -> dict[str, tuple[float, float]]:
    """Color range of each quantity by name; all accuracies under attack share one."""
    attacks = [one.name for one in quantities if one.is_under_attack]
    found = {}
    for one in quantities:
        together = attacks if one.name in attacks else [one.name]
        values = [_color_value(one, mean) for name in together for mean in points[name].dropna()]
        found[one.name] = (min(values, default=0.0), max(values, default=1.0))
    return found


def _short(one: Quantity, mean: float) -> str:
    if not one.is_logarithmic:
        return one.words(mean)
    return f"{mean:.2g}" if mean < 99.5 else f"{mean:.0f}"


def _hover(point: dict, one: Quantity) -> str:
    tipping = point["tipping_point"]
    seeds = f"{point[f'{one.name}_n']} seed" + ("" if point[f"{one.name}_n"] == 1 else "s")
    lines = [
        f"<b>{point['label']}</b>",
        f"{one.heading}: {one.words(point[one.name], point[f'{one.name}_std'])} ({seeds}: {point['seeds']})",
    ]
    if not np.isnan(tipping):
        lines.append(f"tipping point {tipping:.3g}, final largest |w| {point.get(LARGEST_WEIGHT, np.nan):.3g}")
    if point["failed"]:
        lines.append(f"{point['failed']} failed{_weight(point['reached'])}")
    return "<br>".join([*lines, *point["runs"][:4], *(["…"] if len(point["runs"]) > 4 else [])])


def _weight(value: float) -> str:
    return "" if np.isnan(value) else f", |w| {value:.3g}"


def _axes(
    axis: str, x: tuple[float, float], y: tuple[float, float], l1s: Sequence[float], mus: Sequence[float]
) -> dict:
    shared = {"tickmode": "array", "showgrid": False, "zeroline": False, "ticks": "", "tickcolor": NEUTRAL}

    def one(values: Sequence[float], name: str, domain: tuple[float, float], anchor: str) -> dict:
        words = [f"{value:g}".replace("-", "−") for value in values]
        return {
            **shared,
            "tickvals": list(range(len(values))),
            "ticktext": words,
            "title": {**axis_title(name), "standoff": 4},
            "range": [-0.5, len(values) - 0.5],
            "domain": domain,
            "anchor": anchor,
        }

    return {f"xaxis{axis}": one(mus, "μ", x, f"y{axis}"), f"yaxis{axis}": one(l1s, "λ", y, f"x{axis}")}


def _frame(column: int, row: int, axis: str) -> dict:
    edges = {"x0": column - 0.47, "x1": column + 0.47, "y0": row - 0.47, "y1": row + 0.47}
    return {"type": "rect", **edges, "xref": f"x{axis}", "yref": f"y{axis}", "line": {"color": WHITE_BOX, "width": 4}}
