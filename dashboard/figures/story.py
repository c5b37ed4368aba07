"""The first page's film: weights that run to zero while fuzziness falls."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from dashboard.figures.bins import (
    EMPTY_BIN_ON_LOG_AXIS,
    counts_by_epoch,
    first_snapshot,
    shared_edges,
    step_heights,
    stepped,
)
from dashboard.figures.canvas import Run, axis_title, compose, safe_text, split_runs, trace_uid
from dashboard.figures.palette import NEUTRAL, translucent
from dashboard.figures.panels import axis_suffix, drawn_runs, panel_title, spans
from dashboard.frames.tables import thin
from engine.minmax.fuzziness import NEAR_ZERO_THRESHOLD

MOST_RUNS = 5
MOST_FRAMES = 60
TOP, BOTTOM = (0.55, 1), (0, 0.34)  # shares of the height
HISTORIES = (
    ("fuzziness", "fuzziness (nats)", "%{y:.4f}"),
    ("near_zero_count", f"weights near zero (|w| < {NEAR_ZERO_THRESHOLD:g})", "%{y:d}"),
)


class _Film(NamedTuple):
    """A run, snapshot by snapshot: epochs (s,), counts (s, bins), and each quantity of HISTORIES (s,)."""

    run: Run
    epochs: np.ndarray
    counts: np.ndarray
    quantities: dict[str, np.ndarray]


def story_figure(density: pd.DataFrame, history: pd.DataFrame, layer_title: str) -> go.Figure:
    """Histograms of the runs side by side above, their fuzziness and near-zero count below; `frames` play it.

    The figure shows the last moment. Each of its at most 60 frames is named after its epoch and replaces only what
    moves: every run's histogram and its two markers, and the title's epoch. No range moves with them. At most five runs
    are drawn; the title says so when there are more.

    Args:
        density: run_id, label, variant, epoch, left, right, count; snapshot after snapshot, epochs ascending, bins in
            order and the same equal ones for all, those outermost counting what lies beyond.
        history: run_id, label, variant, epoch, fuzziness, near_zero_count of the same runs, epochs ascending.
        layer_title: whose weights, for example "First convolution".

    Raises:
        ValueError: a column is missing, a run has no history, or the bins are unequal or differ between runs.
    """
    runs = split_runs(density, ("epoch", "left", "right", "count"))
    runs, title = drawn_runs(runs, f"{layer_title}: how the weights move as training goes", MOST_RUNS)
    if not runs:
        return compose(title, [])
    edges = shared_edges([first_snapshot(run.rows) for run in runs])
    films = _films(runs, history)
    moments = np.unique(np.concatenate([film.epochs for film in films]))
    moments = moments[thin(len(moments), MOST_FRAMES)]
    still = [trace for index, film in enumerate(films) for trace in _still(film, index, len(films), edges)]
    moving = [trace for index, film in enumerate(films) for trace in _moving(film, index, len(films), edges)]
    figure = compose(title, [*still, *moving], hovermode="closest", **_layout(films, edges, layer_title))
    places = list(range(len(still), len(still) + len(moving)))
    figure.frames = [
        {
            "name": name,
            "data": [part for film in films for part in _at(film, moment)],
            "traces": places,
            "layout": {"title": {"text": f"{figure.layout.title.text}, epoch {name}"}},
        }
        for name, moment in zip(epoch_names(moments), moments, strict=True)
    ]
    return figure


def epoch_names(epochs: Sequence[float] | np.ndarray) -> list[str]:
    """Each epoch with two decimals, or as many more as tell all of them apart, without zeros at the end: 0, 0.2, 10."""
    decimals = next(
        places for places in range(2, 10) if len({f"{epoch:.{places}f}" for epoch in epochs}) == len(epochs)
    )
    return [f"{epoch:.{decimals}f}".rstrip("0").rstrip(".") for epoch in epochs]


def _films(runs: Sequence[Run], history: pd.DataFrame) -> list[_Film]:
    quantities = [quantity for quantity, *_ in HISTORIES]
    histories = {run.run_id: run.rows for run in split_runs(history, ("epoch", *quantities))}
    if missing := {run.run_id for run in runs} - histories.keys():
        raise ValueError(f"expected a history of every run, none of {sorted(missing)}")
    films = []
    for run in runs:
        epochs, counts = counts_by_epoch(run.rows)
        rows = histories[run.run_id]
        newest = np.searchsorted(rows["epoch"].to_numpy(), epochs + 1e-6, side="right") - 1
        films.append(_Film(run, epochs, counts, {name: rows[name].to_numpy()[newest] for name in quantities}))
    return films


def _still(film: _Film, index: int, count: int, edges: np.ndarray) -> list[dict]:
    """What stays: the outline at epoch 0, and the histories' lines."""
    outline = {
        **stepped(edges, film.counts[0], log_counts=True),
        "uid": trace_uid(film.run, "initial"),
        "name": "At epoch 0",
        "legendgroup": "initial",
        "showlegend": index == 0,
        "line": {"color": NEUTRAL, "width": 1.5, "shape": "hvh", "dash": "dot"},
        "hoverinfo": "skip",
        "hovertemplate": None,
        **_place(index),
    }
    lines = [
        {
            "type": "scatter",
            "mode": "lines",
            "x": film.epochs,
            "y": film.quantities[quantity],
            "uid": trace_uid(film.run, quantity),
            "name": film.run.label,
            "legendgroup": film.run.run_id,
            "showlegend": False,
            "line": {"color": translucent(film.run.color, 0.6), "width": 2},
            "hovertemplate": f"epoch %{{x:.2f}}: {hover}",
            **_place(count + position),
        }
        for position, (quantity, _, hover) in enumerate(HISTORIES)
    ]
    return [outline, *lines] if len(film.epochs) > 1 else lines


def _moving(film: _Film, index: int, count: int, edges: np.ndarray) -> list[dict]:
    """The histogram and the markers at the end, in the order of `_at`."""
    run, (_, *markers) = film.run, _at(film, np.inf)
    shared = {"name": run.label, "legendgroup": run.run_id}
    histogram = {
        **stepped(edges, film.counts[-1], log_counts=True),
        **shared,
        "uid": trace_uid(run, "now"),
        "fill": "tozeroy",
        "fillcolor": translucent(run.color, 0.45),
        "line": {"color": run.color, "width": 1.5, "shape": "hvh"},
        "hovertemplate": "%{customdata:d} weights around %{x:.3f}<extra></extra>",
        **_place(index),
    }
    return [
        histogram,
        *(
            {
                **marker,
                **shared,
                "uid": trace_uid(run, f"{quantity}-now"),
                "mode": "markers",
                "marker": {"color": run.color, "size": 11},
                "showlegend": False,
                "cliponaxis": False,
                "hovertemplate": f"epoch %{{x:.2f}}: {hover}",
                **_place(count + position),
            }
            for position, ((quantity, _, hover), marker) in enumerate(zip(HISTORIES, markers, strict=True))
        ),
    ]


def _at(film: _Film, moment: float) -> list[dict]:
    """What a frame replaces of a run: its newest snapshot not after `moment`, or its first."""
    now = max(int(np.searchsorted(film.epochs, moment + 1e-6, side="right")) - 1, 0)
    return [
        {"type": "scatter", **step_heights(film.counts[now], log_counts=True)},
        *(
            {"type": "scatter", "x": film.epochs[now : now + 1], "y": film.quantities[quantity][now : now + 1]}
            for quantity, *_ in HISTORIES
        ),
    ]


def _place(index: int) -> dict:
    return {"xaxis": f"x{axis_suffix(index)}", "yaxis": f"y{axis_suffix(index)}"}


def _layout(films: list[_Film], edges: np.ndarray, layer_title: str) -> dict:
    count, layout = len(films), {}
    highest = max(float(film.counts.max()) for film in films)
    log_range = [np.log10(EMPTY_BIN_ON_LOG_AXIS), np.log10(1.4 * highest)]
    is_narrow = count > 3
    top = (TOP[0], TOP[1] - 0.04) if is_narrow else TOP  # room for a second line
    titles = []
    for index, (film, domain) in enumerate(zip(films, spans(count, 0.02), strict=True)):
        axis, is_first = axis_suffix(index), index == 0
        layout[f"xaxis{axis}"] = {"domain": domain, "anchor": f"y{axis}", "range": [edges[0], edges[-1]], "nticks": 6}
        layout[f"yaxis{axis}"] = {"domain": top, "anchor": f"x{axis}", "type": "log", "range": log_range, "dtick": 1}
        layout[f"yaxis{axis}"] |= {"title": axis_title("Weights per bin")} if is_first else {"showticklabels": False}
        if index:
            layout[f"xaxis{axis}"]["matches"], layout[f"yaxis{axis}"]["matches"] = "x", "y"
        name = film.run.label.replace(" · ", "<br>") if is_narrow else film.run.label
        titles.append(panel_title(name, domain[0], top[1]))
    titles.append(
        panel_title("Weight; those farther out are counted in the outermost bins", 0.5, top[0])
        | {"xanchor": "center", "yanchor": "top", "yshift": -26}
    )
    last = max(float(film.epochs[-1]) for film in films)
    for position, ((quantity, name, _), domain) in enumerate(zip(HISTORIES, spans(2, 0.09), strict=True)):
        axis = axis_suffix(count + position)
        most = max(float(film.quantities[quantity].max()) for film in films)
        x_range = [-0.02 * (last or 1), 1.02 * (last or 1)]
        layout[f"xaxis{axis}"] = {
            "domain": domain,
            "anchor": f"y{axis}",
            "range": x_range,
            "title": axis_title("Epoch"),
        }
        layout[f"yaxis{axis}"] = {"domain": BOTTOM, "anchor": f"x{axis}", "range": [0, 1.08 * most or 1]}
        titles.append(panel_title(safe_text(f"{layer_title}: {name}"), domain[0], BOTTOM[1]))
    return layout | {"annotations": titles}
