"""Penalty, force and fuzziness of a single weight."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from dashboard.figures.canvas import axis_title, compose, vertical_line
from dashboard.figures.drawn import drawn_once
from dashboard.figures.palette import NEUTRAL, translucent, variant_color
from dashboard.figures.panels import panel_title

INWARD, OUTWARD, FUZZY = variant_color("std+l1"), variant_color("min-max"), variant_color("custom")
HOVER = {"text": "|w| = %{x:.3~g}"}
AXES = ("", "2")
ROWS = ((0.54, 1), (0, 0.4))  # shares of height: penalty, force


@drawn_once
def penalty_figure(
    frame: pd.DataFrame,
    title: str,
    tipping_point: float | None,
    largest_start: float,
    strengths: tuple[float, float] | None = None,
) -> go.Figure:
    """Penalty (above) and force (below) against |w|: blue where weights are pulled to 0, red where pushed outward.

    Args:
        frame: size ascending from 0, penalty, paper, force.
        tipping_point: None if no weight is pushed outward.
        largest_start: largest initial |w|, the end of the gray band.
        strengths: λ and κ; if given, a weight can be dragged along the curve and let go, from `largest_start` on.
    """
    sizes = frame["size"].to_numpy(float)
    last = float(sizes[-1])
    tipping = last if tipping_point is None else tipping_point
    traces = [
        _line(frame, "paper", "λ M(w), the paper’s shape (μ = λ)", NEUTRAL, dash="dot"),
        _line(frame, "penalty", "λ|w| − μw²", OUTWARD),
        _line(frame, "force", "force", OUTWARD, axis="2"),
    ]
    shapes = [shape for axis in AXES for shape in (*_regions(tipping, frame, axis), _band(0.0, largest_start, axis))]
    notes = [
        panel_title("Penalty on one weight", 0, ROWS[0][1]),
        panel_title("Force: negative toward 0, positive outward", 0, ROWS[1][1]),
    ]
    if tipping_point:
        zero = 2.0 * tipping_point
        marks = ((tipping_point, "dash"), (zero, "dot"))
        shapes += [vertical_line(place, axis, dash) for axis in AXES for place, dash in marks]
        notes += [_mark(tipping_point, f"tipping point {tipping_point:.3g}"), _mark(zero, f"zero {zero:.3g}")]
        notes += [
            _arrow(0.85 * tipping_point, 0.15 * tipping_point, INWARD),
            _arrow(1.15 * tipping_point, zero, OUTWARD),
        ]
    return compose(
        title,
        traces,
        xaxis={"anchor": "y", "range": [0, last], "showticklabels": False, "unifiedhovertitle": HOVER},
        xaxis2={
            "anchor": "y2",
            "range": [0, last],
            "matches": "x",
            "title": axis_title("|w|"),
            "unifiedhovertitle": HOVER,
        },
        yaxis={"domain": ROWS[0], "range": _bump_range(frame), "tickformat": ".3~g", "zeroline": True},
        yaxis2={"domain": ROWS[1], "anchor": "x2", "tickformat": ".3~g", "zeroline": True},
        shapes=shapes,
        annotations=notes,
        margin={"l": 12, "r": 12, "t": 92, "b": 12, "pad": 4},
        meta=None if strengths is None else {"hill": _hill(*strengths, largest_start, last)},
    )


def _hill(l1_strength: float, l2_strength: float, start: float, farthest: float) -> dict[str, float]:
    """What `frontend/hill_weight.js` needs; with Adam a weight crosses the axis in about 1,000 steps."""
    return {"l1": l1_strength, "l2": l2_strength, "start": start, "farthest": farthest, "learningRate": farthest / 1000}


@drawn_once
def fuzziness_figure(frame: pd.DataFrame, largest_start: float, tipping_point: float | None) -> go.Figure:
    """Membership and fuzziness of one weight against |w| on a log axis, on which fuzziness is symmetric about 1.

    Args:
        frame: size ascending, membership, fuzziness.
        largest_start: marked on the curve with its reciprocal, which has the same fuzziness; a gray band ends there.
        tipping_point: marked if it is on the axis.
    """
    ends = [largest_start, 1.0 / largest_start]
    level = float(np.interp(np.log(largest_start), np.log(frame["size"]), frame["fuzziness"]))
    first, last = frame["size"].to_numpy(float)[[0, -1]]
    traces = [
        _line(frame, "membership", "membership ρ = 1/(1+|w|)", NEUTRAL, dash="dot"),
        _line(frame, "fuzziness", "fuzziness (nats)", FUZZY),
        {
            "type": "scatter",
            "mode": "lines+markers",
            "x": ends,
            "y": [level, level],
            "uid": "equally-fuzzy",
            "name": f"same fuzziness as |w| = {largest_start:g}",
            "line": {"color": FUZZY, "width": 1, "dash": "dash"},
            "marker": {"color": FUZZY, "size": 9},
            "hoverinfo": "skip",
        },
    ]
    shapes = [_band(first, largest_start, "")]
    notes = [_mark(np.log10(end), f"{end:.3g}") for end in (*ends, 1.0)]
    shapes += [vertical_line(place) for place in (*ends, 1.0)]
    if tipping_point and first < tipping_point < last:
        shapes.append(vertical_line(tipping_point, dash="dash"))
    return compose(
        "Fuzziness of one weight",
        traces,
        xaxis={
            "type": "log",
            "range": [np.log10(first), np.log10(last)],
            "title": axis_title(
                "|w|, log axis" + (f"; dashed: tipping point {tipping_point:.3g}" if tipping_point else "")
            ),
            "unifiedhovertitle": HOVER,
        },
        yaxis={"range": [0, 1.03], "title": axis_title("Membership ρ; fuzziness (nats)")},
        shapes=shapes,
        annotations=notes,
        margin={"l": 12, "r": 12, "t": 92, "b": 12, "pad": 4},
    )


def _line(frame: pd.DataFrame, quantity: str, name: str, color: str, *, axis: str = "", dash: str = "solid") -> dict:
    return {
        "type": "scatter",
        "mode": "lines",
        "x": frame["size"].to_numpy(float),
        "y": frame[quantity].to_numpy(float),
        "xaxis": f"x{axis}",
        "yaxis": f"y{axis}",
        "uid": quantity,
        "name": name,
        "line": {"color": color, "width": 2 if dash == "solid" else 1.5, "dash": dash},
        "showlegend": axis == "",
        "hovertemplate": "%{y:.4~g}",
    }


def _bump_range(frame: pd.DataFrame) -> list[float]:
    """Range with everything above 0 and about as much below, so that the fall to -inf does not flatten the rest."""
    penalty = frame["penalty"].to_numpy(float)
    top, bottom = max(penalty.max(), frame["paper"].to_numpy(float).max()), penalty.min()
    if top == 0.0:
        return [1.05 * bottom, -0.05 * bottom] if bottom else [-1.0, 1.0]
    return [max(1.15 * bottom, -1.4 * top), 1.15 * top]


def _regions(tipping: float, frame: pd.DataFrame, axis: str) -> Iterator[dict]:
    last = frame["size"].to_numpy(float)[-1]
    for left, right, color in ((0.0, min(tipping, last), INWARD), (tipping, last, OUTWARD)):
        if left < right and frame["force"].to_numpy().any():
            yield _rectangle(left, right, translucent(color, 0.1), axis)


def _band(start: float, end: float, axis: str) -> dict:
    return _rectangle(start, end, translucent(NEUTRAL, 0.22), axis)


def _rectangle(left: float, right: float, color: str, axis: str) -> dict:
    place = {"x0": left, "x1": right, "xref": f"x{axis}", "y0": 0, "y1": 1, "yref": f"y{axis} domain"}
    return {"type": "rect", **place, "fillcolor": color, "line": {"width": 0}, "layer": "below"}


def _mark(x: float, text: str) -> dict:
    """A label above the upper panel."""
    place = {"x": x, "xref": "x", "y": 1, "yref": "paper", "yanchor": "bottom", "xanchor": "center"}
    return {"text": text, **place, "yshift": 16, "showarrow": False, "font": {"size": 12}}


def _arrow(tail: float, head: float, color: str) -> dict:
    """An arrow along zero force."""
    ends = {"x": head, "ax": tail, "y": 0, "ay": 0}
    references = {"xref": "x2", "axref": "x2", "yref": "y2", "ayref": "y2"}
    look = {"showarrow": True, "arrowhead": 2, "arrowsize": 1.2, "arrowwidth": 2.5, "arrowcolor": color, "text": ""}
    return {**ends, **references, **look}
