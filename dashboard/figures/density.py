"""Heat maps of the weight distribution over a whole training."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from dashboard.figures.bins import counts_by_epoch, first_snapshot, shared_edges
from dashboard.figures.canvas import Run, axis_title, compose, split_runs, trace_uid, vertical_line
from dashboard.figures.drawn import drawn_once
from dashboard.figures.palette import NEUTRAL, translucent
from dashboard.figures.panels import axis_suffix, drawn_runs, stack_layout

OPACITY_OF_ONE = 0.45  # keeps a single far weight visible
TICKS = (1, 3, 10, 30, 100, 300, 1000, 3000, 10_000, 30_000)


@drawn_once
def density_figure(density: pd.DataFrame, layer_title: str, *, cursor: float | None = None) -> go.Figure:
    """Heat map of weight counts: one panel per run, epoch on the x axis, weight on the y axis, count as color.

    Opacity grows with the logarithm of the count, on one scale for all runs; an empty bin is transparent. At most
    eight runs are drawn; the title says so if there are more. `layout.height` fits the panels.

    Args:
        density: run_id, label, variant, epoch, left, right, count; epochs ascending, then bins ascending; all runs
            share the same equal bins.
        layer_title: title of the layer, for example "First convolution".
        cursor: epoch at which a vertical line is drawn in every panel.

    Raises:
        ValueError: a column is missing, or the bins are unequal or differ between runs.
    """
    title = f"{layer_title}: weight distribution by epoch"
    runs, title = drawn_runs(split_runs(density, ("epoch", "left", "right", "count")), title)
    x_axis: dict = {"title": axis_title("Epoch")}
    y_axis: dict = {"title": axis_title("Weight"), "showgrid": False, "zeroline": False}
    traces: list[dict] = []
    if runs:
        edges = shared_edges([first_snapshot(run.rows) for run in runs])
        x_axis["range"], y_axis["range"] = _epoch_range(runs), [edges[0], edges[-1]]
        most = max(int(run.rows["count"].to_numpy().max()) for run in runs)
        traces = [_heat(run, axis_suffix(index), edges, most) for index, run in enumerate(runs)]
        traces.append(_count_scale(most))
    return compose(
        title,
        traces,
        shapes=density_cursors(len(runs), cursor),
        hovermode="closest",
        **stack_layout(runs, x_axis, y_axis, 150),
    )


def density_cursors(panels: int, cursor: float | None) -> list[dict]:
    """Shapes of the cursor in this many panels of `density_figure`."""
    return [] if cursor is None else [vertical_line(cursor, axis_suffix(index)) for index in range(panels)]


def _heat(run: Run, axis: str, edges: np.ndarray, most: int) -> dict:
    epochs, counts = counts_by_epoch(run.rows)
    heat = np.log10(np.where(counts > 0, counts, np.nan)).astype(np.float32)
    return {
        "type": "heatmap",
        "x": epochs,
        "y": (edges[:-1] + edges[1:]) / 2,
        "z": heat.T,
        "customdata": counts.T.astype(np.uint32),
        "uid": trace_uid(run, "density"),
        "name": run.label,
        "xaxis": f"x{axis}",
        "yaxis": f"y{axis}",
        **_limits("z", most),
        "colorscale": _color_scale(run.color),
        "showscale": False,
        "hoverongaps": False,
        "hovertemplate": "epoch %{x:.2f}, around %{y:.3f}: %{customdata:d} weights<extra></extra>",
    }


def _count_scale(most: int) -> dict:
    """Trace without points that carries the color bar of all panels, in a neutral color."""
    ticks = [tick for tick in TICKS if tick <= most]
    bar = {
        "title": {"text": "Weights per bin", "side": "right"},
        "tickvals": np.log10(ticks),
        "ticktext": [f"{tick:,}" for tick in ticks],
        "thickness": 12,
        "outlinewidth": 0,
    }
    marker = {
        "color": [0],
        "colorscale": _color_scale(NEUTRAL),
        **_limits("c", most),
        "showscale": True,
        "colorbar": bar,
    }
    return {
        "type": "scatter",
        "x": [None],
        "y": [None],
        "mode": "markers",
        "marker": marker,
        "uid": "count-scale",
        "showlegend": False,
        "hoverinfo": "skip",
    }


def _limits(letter: str, most: int) -> dict:
    return {f"{letter}min": 0.0, f"{letter}max": max(float(np.log10(most)), 1.0)}


def _color_scale(color: str) -> list:
    return [[0, translucent(color, OPACITY_OF_ONE)], [1, translucent(color, 1)]]


def _epoch_range(runs: Sequence[Run]) -> list[float]:
    """First to last epoch, extended by half a cell so that the end cells are fully visible."""
    epochs = np.unique(np.concatenate([run.rows["epoch"].to_numpy(float) for run in runs]))
    margin = np.diff(epochs).min() / 2 if len(epochs) > 1 else 0.5
    return [epochs[0] - margin, epochs[-1] + margin]
