"""Shared parts of all figures: the template, and the split of a tidy table into one colored entry per run.

Figures set no text, grid or background colors. Streamlit's theme (static charts) and `live_charts` (live charts) set
them for light and dark pages; the template here applies to files exported without either.

A figure is built from plain dictionaries in a single call, which takes a quarter of the time of many Plotly calls.
"""

import html
import re
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple, cast

import pandas as pd
import plotly.graph_objects as go

from dashboard.figures.palette import NEUTRAL, run_colors
from engine.formatting import one_line

TEMPLATE = go.layout.Template(
    layout={
        "font": {
            "family": "Source Sans, Helvetica, Arial, sans-serif",
            "size": 13,
            "color": "#31333f",
        },
        "title": {"font": {"size": 17, "weight": 700}},
        "paper_bgcolor": "#ffffff",
        "plot_bgcolor": "#ffffff",
        "xaxis": {"showgrid": False, "zeroline": False, "automargin": True, "ticks": "outside", "tickcolor": "#e6eaf1"},
        "yaxis": {"gridcolor": "#e6eaf1", "zerolinecolor": "#e6eaf1", "automargin": True},
    }
)


class Run(NamedTuple):
    run_id: str
    label: str
    color: str
    rows: pd.DataFrame
    dash: str = "solid"


def split_runs(frame: pd.DataFrame, columns: Iterable[str]) -> list[Run]:
    """One Run per run_id, in order of first appearance, with an escaped label.

    Its color and dash are those of the columns `color` and `dash`, if there are any; else the color is its variant's.

    Raises:
        ValueError: a column of `run_id, label, variant` or `columns` is missing.
    """
    missing = {"run_id", "label", "variant", *columns} - set(frame.columns)
    if missing:
        raise ValueError(f"expected also the columns {sorted(missing)}, got {list(frame.columns)}")
    groups = [(str(run_id), rows, rows.iloc[0]) for run_id, rows in frame.groupby("run_id", sort=False)]
    colors = run_colors([first["variant"] for _, _, first in groups])
    return [
        Run(run_id, safe_text(first["label"]), first.get("color") or color, rows, first.get("dash") or "solid")
        for (run_id, rows, first), color in zip(groups, colors, strict=True)
    ]


def compose(title: str, traces: Sequence[dict], **layout) -> go.Figure:
    """A figure with the shared template; without data it shows a message in the center.

    Zoom and legend choices survive new data: `uirevision` is constant, and every trace has a `uid`.
    """
    if not any(len(trace["x"]) for trace in traces):
        layout = {"xaxis": {}, "yaxis": {}, **layout}
        layout = {name: value | {"visible": False} if name[1:5] == "axis" else value for name, value in layout.items()}
        layout["annotations"] = [
            *layout.get("annotations", ()),
            {
                "text": "No data recorded yet",
                "x": 0.5,
                "y": 0.5,
                "xref": "paper",
                "yref": "paper",
                "showarrow": False,
                "font": {"size": 15},
            },
        ]
    return go.Figure(
        data=list(traces),
        layout={
            "template": TEMPLATE,
            "title": {
                "text": safe_text(title),
                "x": 0,
                "xanchor": "left",
                "y": 1,
                "yref": "container",
                "yanchor": "top",
                "pad": {"t": 10},
            },
            "margin": {"l": 12, "r": 12, "t": 52, "b": 12, "pad": 4},
            "legend": {"orientation": "h", "x": 0, "xanchor": "left", "y": 0, "yref": "container", "yanchor": "bottom"},
            "hovermode": "x unified",
            "uirevision": "constant",
            **layout,
        },
    )


def height_of(figure: go.Figure) -> int:
    """Height in pixels that a figure with panels sets."""
    return cast(Any, figure.layout).height


def axis_title(text: str) -> dict:
    return {"text": safe_text(text), "standoff": 12}


def vertical_line(x: float, axis: str = "", dash: str = "dot") -> dict:
    """Shape of a vertical line over the full height of subplot `axis` ("" is the first, then "2", "3", ...)."""
    return {
        "type": "line",
        "x0": x,
        "x1": x,
        "xref": f"x{axis}",
        "y0": 0,
        "y1": 1,
        "yref": f"y{axis} domain",
        "line": {"color": NEUTRAL, "width": 1.5, "dash": dash},
    }


def trace_uid(run: Run, part: str) -> str:
    """Identifier of a trace across redraws; only letters, digits, - and _: Plotly.js uses it in CSS selectors."""
    return re.sub(r"[^A-Za-z0-9_-]", lambda match: f"_{ord(match[0]):x}_", f"{run.run_id}-{part}")


def safe_text(text: object) -> str:
    """Foreign text, escaped so that Plotly reads it neither as pseudo-HTML (<b>, <a href>) nor as a template (%{x})."""
    return html.escape(one_line(text), quote=False).replace("%{", "%&#123;")
