"""Traces of one run's quantity over epochs: line, band of its spread, and last point."""

from collections.abc import Iterator

import numpy as np

from dashboard.figures.canvas import Run, trace_uid
from dashboard.figures.palette import translucent
from dashboard.frames.tables import thin
from engine.minmax.quantities import QUANTITIES

POINTS_PER_SERIES = 500


def series(run: Run, quantity: str, axis: str = "", *, showlegend: bool = True, dotted: bool = False) -> Iterator[dict]:
    """Band of the spread, line and last point; a single point is a larger marker."""
    rows = run.rows.dropna(subset=[quantity])
    epochs, values = rows["epoch"].to_numpy(), rows[quantity].to_numpy()
    kept = thin(len(rows), POINTS_PER_SERIES)
    marker = {"color": run.color, "size": 7 if len(rows) > 1 else 10, "symbol": "circle-open" if dotted else "circle"}
    shared = {
        "type": "scatter",
        "name": run.label,
        "legendgroup": run.run_id,
        "xaxis": f"x{axis}",
        "yaxis": f"y{axis}",
    }
    yield from _band(run, quantity, shared)
    yield {
        **shared,
        "x": epochs[kept],
        "y": values[kept],
        "uid": trace_uid(run, quantity),
        "mode": "lines" if len(rows) > 1 else "markers",
        "line": {"color": run.color, "width": 1.5 if dotted else 2, "dash": "dot" if dotted else run.dash},
        "marker": marker,
        "showlegend": showlegend,
        "hovertemplate": _hover(quantity),
    }
    yield {
        **shared,
        "x": epochs[-1:],
        "y": values[-1:],
        "uid": trace_uid(run, f"{quantity}-last"),
        "mode": "markers",
        "marker": marker,
        "cliponaxis": False,
        "showlegend": False,
        "hoverinfo": "skip",
    }


def _band(run: Run, quantity: str, shared: dict) -> Iterator[dict]:
    """Band from `<quantity>_low` to `<quantity>_high` as one closed outline; nothing if the run has no spread."""
    low, high = f"{quantity}_low", f"{quantity}_high"
    if not {low, high} <= set(run.rows.columns):
        return
    rows = run.rows.dropna(subset=[low, high])
    rows = rows.iloc[thin(len(rows), POINTS_PER_SERIES)]
    if rows.empty:
        return
    epochs = rows["epoch"].to_numpy()
    yield {
        **shared,
        "x": np.concatenate((epochs, epochs[::-1])),
        "y": np.concatenate((rows[high].to_numpy(), rows[low].to_numpy()[::-1])),
        "uid": trace_uid(run, f"{quantity}-band"),
        "mode": "lines",
        "line": {"width": 0},
        "fill": "toself",
        "fillcolor": translucent(run.color, 0.25),
        "showlegend": False,
        "hoverinfo": "skip",
    }


def scale(quantity: str) -> dict:
    """Y axis of a quantity: fractions in percent; all axes start at 0."""
    if quantity.endswith("accuracy"):
        return {"tickformat": ".0%", "range": [0, 1.03], "dtick": 0.2}
    return {"rangemode": "tozero"}


def _hover(quantity: str) -> str:
    if quantity.endswith("accuracy"):
        return "%{y:.1%}"
    layer_quantity = QUANTITIES.get(quantity)
    if layer_quantity is None:
        return "%{y:.4f}"
    return "%{y:.1~f}" if layer_quantity.is_count else f"%{{y:.{layer_quantity.digits}f}}"
