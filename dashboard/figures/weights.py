"""Weights and memberships by index."""

from typing import Literal, NamedTuple

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from dashboard.figures.canvas import Run, axis_title, compose, split_runs, trace_uid
from dashboard.figures.drawn import drawn_once
from dashboard.figures.panels import axis_suffix, drawn_runs, stack_layout

MOST_WEIGHTS = 3000
MOST_DOTS = 300  # more dots would hide the stems


class _View(NamedTuple):
    title: str
    y_title: str


VIEWS = {
    "weight": _View("weights by index", "Weight"),
    "membership": _View("membership ρ = 1/(1+|w|) by index", "ρ"),
}


@drawn_once
def index_figure(
    weights: pd.DataFrame,
    quantity: Literal["weight", "membership"],
    layer_title: str,
    *,
    reach: float | None = None,
) -> go.Figure:
    """Every weight of a layer, or its membership, as a stem over its index: one panel per run, all with the same axes.

    At most 3,000 weights per run and eight runs are drawn; the title says so if there are more. `layout.height` fits
    the panels.

    Args:
        weights: run_id, label, variant, index and `quantity`, indices ascending.
        quantity: "weight" (paper, Fig. 2b) or "membership", which is 1 for a weight of 0 (paper, Fig. 6).
        layer_title: title of the layer, for example "First convolution".
        reach: |w| at which the weight axis ends; longer stems are cut off. By default the largest |w|.
    """
    view = VIEWS[quantity]
    runs, title = drawn_runs(split_runs(weights, ("index", quantity)), f"{layer_title}: {view.title}")
    size = max((len(run.rows) for run in runs), default=0)
    if size > MOST_WEIGHTS:
        title += f", the first {MOST_WEIGHTS:,} of {size:,}"
    x_axis = {"title": axis_title("Index of the weight"), "range": [-1, min(size, MOST_WEIGHTS)]}
    y_axis: dict = {"title": axis_title(view.y_title), "range": [0, 1.05]}
    if quantity == "weight":
        farthest = max((float(np.abs(run.rows["weight"].to_numpy()).max()) for run in runs), default=0.0)
        y_axis |= {"range": weight_range(farthest) if reach is None else [-reach, reach], "zeroline": True}
    traces = [_stems(run, quantity, axis_suffix(index)) for index, run in enumerate(runs)]
    return compose(title, traces, hovermode="closest", **stack_layout(runs, x_axis, y_axis, 150))


def _stems(run: Run, quantity: str, axis: str) -> dict:
    """One trace for all stems; each stem goes from 0 to its value and is followed by a gap."""
    rows = run.rows.head(MOST_WEIGHTS)
    indices, values = rows["index"].to_numpy(), rows[quantity].to_numpy()
    has_dots = len(values) <= MOST_DOTS
    dots = {"color": run.color, "size": np.tile([0, 5, 0], len(values)), "line": {"width": 0}}
    return {
        "type": "scatter",
        "x": indices.repeat(3),
        **stem_heights(values),
        "uid": trace_uid(run, quantity),
        "name": run.label,
        "xaxis": f"x{axis}",
        "yaxis": f"y{axis}",
        "mode": "lines+markers" if has_dots else "lines",
        "line": {"color": run.color, "width": 1.5 if has_dots else 1},
        "marker": dots if has_dots else {},
        "showlegend": False,
        "hovertemplate": "%{x:d}: %{customdata:.5f}<extra></extra>",
    }


def stem_heights(values: np.ndarray) -> dict:
    """Properties of a run's stems that change between snapshots; values (n,), of which MOST_WEIGHTS are drawn."""
    values = values[:MOST_WEIGHTS]
    points = np.column_stack((np.zeros_like(values), values, np.full_like(values, np.nan)))
    return {"y": points.ravel(), "customdata": values.repeat(3)}


def weight_range(farthest: float) -> list[float]:
    """Range of the weight axis that shows all weights, of which `farthest` is the largest |w|."""
    end = 1.05 * (farthest or 0.1)
    return [-end, end]
