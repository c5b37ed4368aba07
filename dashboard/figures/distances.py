"""Cumulative distribution of the smallest perturbations."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from dashboard.figures.canvas import Run, axis_title, compose, split_runs, trace_uid, vertical_line
from dashboard.figures.drawn import drawn_once
from dashboard.figures.palette import NEUTRAL
from dashboard.frames.tables import thin

NORMS = {"linf": "l∞", "l2": "l2"}
POINTS_PER_RUN = 1_000


@drawn_once
def distance_figure(
    frame: pd.DataFrame, norm: str, title: str, *, std: Sequence[float], epsilon: float | None = None
) -> go.Figure:
    """Share of all images within each distance: one rising line per run, with a diamond at its median.

    Args:
        frame: run_id, label, variant, distance in pixels; infinite where nothing was found.
        norm: norm of the distances.
        std: per channel; hover texts also give distances in normalized units, approximate for several channels.
        epsilon: position of a dotted line, in pixels.
    """
    runs = split_runs(frame, ("distance",))
    distances = frame["distance"].to_numpy(np.float64)
    reach = 1.04 * max(distances[np.isfinite(distances)].max(initial=0.0), epsilon or 0.0)
    scale = float(np.mean(std))
    about = "" if len(set(std)) == 1 else "≈ "
    traces = [trace for run in runs for trace in _traces(run, reach, scale, about)]
    lines = [
        {**vertical_line(0), "type": "line", "xref": "x domain", "x0": 0, "x1": 1, "yref": "y", "y0": 0.5, "y1": 0.5}
    ]
    notes = []
    if epsilon is not None:
        lines.append(vertical_line(epsilon))
        notes.append(
            {"text": "paper’s ε", "x": epsilon, "y": 1, "yref": "y domain", "yanchor": "bottom", "showarrow": False}
        )
    return compose(
        title,
        traces,
        xaxis={
            "title": axis_title(f"Smallest perturbation found, {NORMS[norm]} (pixels from 0 to 1)"),
            "range": [0, reach or 1],
        },
        yaxis={"title": axis_title("Images within this distance"), "tickformat": ".0%", "range": [-0.02, 1.03]},
        hovermode="closest",
        shapes=lines,
        annotations=notes,
    )


def _traces(run: Run, reach: float, scale: float, about: str) -> list[dict]:
    ordered = np.sort(run.rows["distance"].to_numpy(np.float64))
    n, found = len(ordered), ordered[np.isfinite(ordered)]
    kept = thin(len(found), POINTS_PER_RUN) if len(found) else np.empty(0, int)
    last = len(found) / n
    x = np.concatenate(([0.0], found[kept], [reach]))
    share = np.concatenate(([float((found == 0).mean() * last) if len(found) else 0.0], (kept + 1) / n, [last]))
    line = {
        "type": "scatter",
        "mode": "lines",
        "x": x,
        "y": share,
        "customdata": x / scale,
        "uid": trace_uid(run, "distances"),
        "name": run.label,
        "legendgroup": run.run_id,
        "line": {"color": run.color, "width": 2, "shape": "hv", "dash": run.dash},
        "hovertemplate": "%{y:.1%} within %{x:.4f} pixels (" + about + "%{customdata:.3f} normalized)",
    }
    middle = -(-n // 2) - 1
    if middle >= len(found):
        return [line]
    marker = {"color": run.color, "size": 11, "symbol": "diamond", "line": {"color": NEUTRAL, "width": 1}}
    median = {
        **{name: line[name] for name in ("type", "name", "legendgroup")},
        "mode": "markers",
        "x": ordered[middle : middle + 1],
        "y": [0.5],
        "customdata": ordered[middle : middle + 1] / scale,
        "uid": trace_uid(run, "median"),
        "marker": marker,
        "showlegend": False,
        "hovertemplate": "median %{x:.4f} pixels (" + about + "%{customdata:.3f} normalized)",
    }
    return [line, median]
