"""What became of each run over its epochs."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from dashboard.figures.canvas import Run, axis_title, compose, split_runs, trace_uid, vertical_line

POINTS_PER_SERIES = 500

# The panels row by row: title and quantities; with two of them, the first is dotted.
PANELS = (
    ("Fuzziness of the first convolution (nats)", ("fuzziness",)),
    ("Weights near zero", ("near_zero_count",)),
    ("Training loss", ("loss",)),
    ("Accuracy: clean dotted, under attack solid", ("clean_accuracy", "robust_accuracy")),
)
EPOCH_HOVER = {"unifiedhovertitle": {"text": "Epoch %{x:.2f}"}}
COLUMNS, ROWS = ((0, 0.455), (0.545, 1)), ((0.565, 1), (0, 0.435))  # shares of width, of height


def thin(count: int, limit: int = POINTS_PER_SERIES) -> np.ndarray:
    """Indices, at most `limit` of range(count), evenly spread, both ends kept; `limit` at least 2."""
    return np.unique(np.linspace(0, count - 1, min(count, limit)).round().astype(int))


def history_figure(
    history: pd.DataFrame, quantity: str, title: str, y_title: str, *, cursor: float | None = None
) -> go.Figure:
    """One quantity over epochs: a line per run, its last point marked.

    Args:
        history: run_id, label, variant, epoch and `quantity`, epochs ascending; rows where it is NaN are passed over.
        quantity: a column; one whose name ends in "accuracy" is a fraction and shown in percent.
        title: what is seen.
        y_title: the quantity with its unit.
        cursor: epoch at which a vertical line is drawn.
    """
    runs = split_runs(history, ("epoch", quantity))
    return compose(
        title,
        [trace for run in runs for trace in _line_and_last_point(run, quantity)],
        xaxis={"title": axis_title("Epoch"), **EPOCH_HOVER},
        yaxis={"title": axis_title(y_title), **_scale(quantity)},
        shapes=[] if cursor is None else [vertical_line(cursor)],
    )


def history_panels(history: pd.DataFrame, title: str, *, cursor: float | None = None) -> go.Figure:
    """Fuzziness, near-zero count, loss and accuracies of all runs: four panels, one epoch axis, one cursor, one legend.

    Args:
        history: run_id, label, variant, epoch, fuzziness, near_zero_count, loss, clean_accuracy, robust_accuracy;
            epochs ascending, rows where a quantity is NaN are passed over.
        title: what is seen.
        cursor: epoch at which a vertical line is drawn in every panel.
    """
    runs = split_runs(history, ("epoch", *(quantity for _, panel in PANELS for quantity in panel)))
    traces, axes, annotations = [], {}, []
    for index, (panel_title, quantities) in enumerate(PANELS):
        axis, columns, rows = str(index + 1) if index else "", COLUMNS[index % 2], ROWS[index // 2]
        is_bottom = rows is ROWS[-1]
        axes[f"xaxis{axis}"] = {"domain": columns, "anchor": f"y{axis}", "showticklabels": is_bottom, **EPOCH_HOVER}
        axes[f"xaxis{axis}"] |= {"title": axis_title("Epoch")} if is_bottom else {}
        axes[f"xaxis{axis}"] |= {"matches": "x"} if index else {}
        axes[f"yaxis{axis}"] = {"domain": rows, "anchor": f"x{axis}", **_scale(quantities[0])}
        annotations.append(_panel_title(panel_title, columns[0], rows[1]))
        for quantity in quantities:
            for run in runs:
                look = {"showlegend": index == 0, "dotted": quantity != quantities[-1]}
                traces += _line_and_last_point(run, quantity, axis, **look)
    cursors = [] if cursor is None else [vertical_line(cursor, axis.removeprefix("xaxis")) for axis in list(axes)[::2]]
    return compose(title, traces, annotations=annotations, shapes=cursors, **axes)


def phase_figure(history: pd.DataFrame, *, cursor: float | None = None) -> go.Figure:
    """Each run's path through the plane of fuzziness and robust accuracy, its present place marked.

    Args:
        history: run_id, label, variant, epoch, fuzziness, robust_accuracy, epochs ascending; only rows with both count.
        cursor: the epoch that is "present"; the last one when None.
    """
    traces = []
    for run in split_runs(history, ("epoch", "fuzziness", "robust_accuracy")):
        rows = run.rows.dropna(subset=["fuzziness", "robust_accuracy"])
        past = len(rows) if cursor is None else np.searchsorted(rows["epoch"].to_numpy(), cursor, side="right")
        for part, kept, size in (("path", thin(len(rows)), 4), ("present", np.arange(past)[-1:], 13)):
            points = rows.iloc[kept]
            traces.append(
                {
                    "type": "scatter",
                    "x": points["fuzziness"].to_numpy(),
                    "y": points["robust_accuracy"].to_numpy(),
                    "customdata": points["epoch"].to_numpy(),
                    "uid": trace_uid(run, part),
                    "name": run.label,
                    "legendgroup": run.run_id,
                    "mode": "lines+markers",
                    "line": {"color": run.color, "width": 2},
                    "marker": {"color": run.color, "size": size},
                    "showlegend": part == "path",
                    "hovertemplate": "epoch %{customdata:.1f}: %{y:.1%} at %{x:.4f} nats",
                }
            )
    return compose(
        "From fuzzy to robust: each run's path",
        traces,
        xaxis={"title": axis_title("Fuzziness of the first convolution (nats)"), "rangemode": "tozero"},
        yaxis={"title": axis_title("Accuracy under attack"), **_scale("robust_accuracy")},
        hovermode="closest",
    )


def _line_and_last_point(
    run: Run, quantity: str, axis: str = "", *, showlegend: bool = True, dotted: bool = False
) -> Iterator[dict]:
    rows = run.rows.dropna(subset=[quantity])
    epochs, values = rows["epoch"].to_numpy(), rows[quantity].to_numpy()
    kept = thin(len(rows))
    shared = {
        "type": "scatter",
        "name": run.label,
        "legendgroup": run.run_id,
        "xaxis": f"x{axis}",
        "yaxis": f"y{axis}",
    }
    yield {
        **shared,
        "x": epochs[kept],
        "y": values[kept],
        "uid": trace_uid(run, quantity),
        "mode": "lines",
        "line": {"color": run.color, "width": 1.5 if dotted else 2, "dash": "dot" if dotted else "solid"},
        "showlegend": showlegend,
        "hovertemplate": _hover(quantity),
    }
    yield {
        **shared,
        "x": epochs[-1:],
        "y": values[-1:],
        "uid": trace_uid(run, f"{quantity}-last"),
        "mode": "markers",
        "marker": {"color": run.color, "size": 7},
        "showlegend": False,
        "hoverinfo": "skip",
    }


def _panel_title(text: str, x: float, y: float) -> dict:
    place = {"xref": "paper", "yref": "paper", "xanchor": "left", "yanchor": "bottom"}
    return {"text": text, "x": x, "y": y, **place, "showarrow": False, "font": {"size": 13}}


def _scale(quantity: str) -> dict:
    if quantity.endswith("accuracy"):
        return {"tickformat": ".0%", "range": [0, 1.03], "dtick": 0.2}
    return {"rangemode": "tozero"}


def _hover(quantity: str) -> str:
    if quantity.endswith("accuracy"):
        return "%{y:.1%}"
    return "%{y:d}" if quantity.endswith("count") else "%{y:.4f}"
