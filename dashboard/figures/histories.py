"""Training histories: quantities of each run over its epochs."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from dashboard.figures.canvas import Run, axis_title, compose, safe_text, split_runs, trace_uid, vertical_line
from dashboard.figures.drawn import drawn_once
from dashboard.figures.panels import axis_suffix, panel_title, spans
from dashboard.figures.series import POINTS_PER_SERIES, scale, series
from dashboard.frames.tables import thin
from engine.minmax.quantities import QUANTITIES

# Panels, row by row: title and quantities; if there are two quantities, the first is dotted.
LAYER_PANELS = tuple((one.description or one.heading, (key,)) for key, one in QUANTITIES.items() if one.has_panel)
PANELS = (
    *LAYER_PANELS,
    ("Training loss", ("loss",)),
    ("Accuracy: clean dotted, under attack solid", ("clean_accuracy", "robust_accuracy")),
)
ABREAST, ROW_HEIGHT, ROW_GAP = 2, 280, 0.26
PANEL_ROWS = -(-len(PANELS) // ABREAST)
PANELS_HEIGHT = PANEL_ROWS * ROW_HEIGHT
"""Height of `history_panels` in pixels."""

EPOCH_HOVER = {"unifiedhovertitle": {"text": "Epoch %{x:.2f}"}}
COLUMNS = spans(ABREAST, 0.09)
ROWS = spans(PANEL_ROWS, ROW_GAP / PANEL_ROWS)[::-1]


@drawn_once
def history_figure(
    history: pd.DataFrame, quantity: str, title: str, y_title: str, *, cursor: float | None = None
) -> go.Figure:
    """One quantity over epochs: one line per run, with its last point marked.

    Args:
        history: run_id, label, variant, epoch and `quantity`, epochs ascending; rows where it is NaN are skipped. If
            the columns `<quantity>_low` and `<quantity>_high` exist, a band is drawn between their numbers.
        quantity: name of a column; if it ends in "accuracy", the quantity is a fraction and shown in percent.
        title: title of the figure.
        y_title: the quantity with its unit.
        cursor: epoch at which a vertical line is drawn.
    """
    runs = split_runs(history, ("epoch", quantity))
    return compose(
        title,
        [trace for run in runs for trace in series(run, quantity)],
        xaxis={"title": axis_title("Epoch"), **EPOCH_HOVER},
        yaxis={"title": axis_title(y_title), **scale(quantity)},
        shapes=[] if cursor is None else [vertical_line(cursor)],
    )


@drawn_once
def history_panels(
    history: pd.DataFrame, title: str, *, layer_title: str | None = None, cursor: float | None = None
) -> go.Figure:
    """Quantities of a layer, loss and accuracies of all runs: PANELS with a shared epoch axis, cursor and legend.

    Args:
        history: run_id, label, variant, epoch and the quantities of PANELS; epochs ascending, rows where a quantity is
            NaN are skipped; bands as in `history_figure`.
        title: title of the figure.
        layer_title: title of the layer in the first panels, for example "First convolution".
        cursor: epoch at which a vertical line is drawn in every panel.
    """
    runs = split_runs(history, ("epoch", *(quantity for _, panel in PANELS for quantity in panel)))
    traces, axes, annotations = [], {}, []
    for index, (title_above, quantities) in enumerate(PANELS):
        axis, columns, rows = axis_suffix(index), COLUMNS[index % ABREAST], ROWS[index // ABREAST]
        is_bottom = index + ABREAST >= len(PANELS)
        axes[f"xaxis{axis}"] = {"domain": columns, "anchor": f"y{axis}", "showticklabels": is_bottom, **EPOCH_HOVER}
        axes[f"xaxis{axis}"] |= {"title": axis_title("Epoch")} if is_bottom else {}
        axes[f"xaxis{axis}"] |= {"matches": "x"} if index else {}
        axes[f"yaxis{axis}"] = {"domain": rows, "anchor": f"x{axis}", **scale(quantities[0])}
        title_above = _of_layer(title_above, layer_title) if index < len(LAYER_PANELS) else title_above
        annotations.append(panel_title(safe_text(title_above), columns[0], rows[1]))
        for quantity in quantities:
            for run in runs:
                look = {"showlegend": index == 0, "dotted": quantity != quantities[-1]}
                traces += series(run, quantity, axis, **look)
    return compose(title, traces, annotations=annotations, shapes=panel_cursors(cursor), **axes)


def panel_cursors(cursor: float | None) -> list[dict]:
    """Shapes of the cursor in `history_panels`."""
    return [] if cursor is None else [vertical_line(cursor, axis_suffix(index)) for index in range(len(PANELS))]


@drawn_once
def phase_figure(history: pd.DataFrame, *, layer_title: str | None = None, cursor: float | None = None) -> go.Figure:
    """Robust accuracy against fuzziness: one path per run from its first probe to its newest, and its current point.

    The axes fit the paths whole, so they stand still while the cursor moves.

    Args:
        history: run_id, label, variant, epoch, fuzziness, robust_accuracy; epochs ascending, rows where a quantity is
            NaN are skipped.
        layer_title: title of the layer, for example "First convolution".
        cursor: current epoch; the last one if None.
    """
    traces = []
    paths = [(run, _probed(run)) for run in split_runs(history, ("epoch", "fuzziness", "robust_accuracy"))]
    for run, rows in paths:
        whole = thin(len(rows), POINTS_PER_SERIES)
        for part, kept, marker in (
            ("path", whole, _path_markers(len(whole))),
            ("present", _present(rows, cursor), {"size": 16, "opacity": 0.6}),
        ):
            traces.append(
                {
                    "type": "scatter",
                    **_points(rows.iloc[kept]),
                    "uid": trace_uid(run, part),
                    "name": run.label,
                    "legendgroup": run.run_id,
                    "mode": "lines+markers",
                    "line": {"color": run.color, "width": 2, "dash": run.dash},
                    "marker": {"color": run.color, **marker},
                    "showlegend": part == "path",
                    "hovertemplate": "epoch %{customdata:.1f}: %{y:.1%} at %{x:.4f} nats",
                }
            )
    return compose(
        "Accuracy under attack against fuzziness, from the first probe (○) to the newest (■)",
        traces,
        xaxis={
            "title": axis_title(_of_layer(QUANTITIES["fuzziness"].heading, layer_title)),
            **_fitted([rows["fuzziness"].to_numpy() for _, rows in paths], 0.001),
        },
        yaxis={
            "title": axis_title("Accuracy under attack"),
            "tickformat": ".1~%",
            **_fitted([rows["robust_accuracy"].to_numpy() for _, rows in paths], 0.01),
        },
        hovermode="closest",
    )


def phase_parts(history: pd.DataFrame, cursors: Sequence[float | None]) -> list[list[dict]]:
    """For every cursor, the parts of `phase_figure` that it moves: the second of each run's two traces."""
    tables = [_probed(run) for run in split_runs(history, ("epoch", "fuzziness", "robust_accuracy"))]
    return [[_points(rows.iloc[_present(rows, cursor)]) for rows in tables] for cursor in cursors]


def _probed(run: Run) -> pd.DataFrame:
    return run.rows.dropna(subset=["fuzziness", "robust_accuracy"])


def _path_markers(count: int) -> dict:
    """A circle at the start of a path, a square at its end, and dots between them."""
    middle = max(count - 2, 0)
    return {
        "size": [11, *[4] * middle, 9][:count],
        "symbol": ["circle-open", *["circle"] * middle, "square"][:count],
    }


def _fitted(columns: Sequence[np.ndarray], least: float) -> dict:
    """Range of an axis around all values, with a margin of 6% of their span and of at least `least` on both sides."""
    values = np.concatenate([np.empty(0), *columns])
    if not len(values):
        return {}
    low, high = float(values.min()), float(values.max())
    margin = max(0.06 * (high - low), least)
    return {"range": [low - margin, high + margin]}


def _present(rows: pd.DataFrame, cursor: float | None) -> np.ndarray:
    """Place of the newest row at or before the cursor, (1,), or (0,) if there is none."""
    past = len(rows) if cursor is None else np.searchsorted(rows["epoch"].to_numpy(), cursor + 1e-6, side="right")
    return np.arange(past)[-1:]


def _points(rows: pd.DataFrame) -> dict:
    return {
        "x": rows["fuzziness"].to_numpy(),
        "y": rows["robust_accuracy"].to_numpy(),
        "customdata": rows["epoch"].to_numpy(),
    }


def _of_layer(text: str, layer_title: str | None) -> str:
    return f"{layer_title}: {text[:1].lower()}{text[1:]}" if layer_title else text
