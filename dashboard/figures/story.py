"""Animation of the Start page: the weights go to zero while fuzziness falls."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from dashboard.figures.bins import EMPTY_BIN_ON_LOG_AXIS, first_snapshot, shared_edges
from dashboard.figures.canvas import axis_title, compose, safe_text, split_runs
from dashboard.figures.drawn import drawn_once
from dashboard.figures.film import HISTORIES, Film, films_of, moving_traces, parts_at, still_traces
from dashboard.figures.panels import axis_suffix, drawn_runs, panel_title, spans
from dashboard.frames.histories import epoch_names
from dashboard.frames.tables import thin

MOST_RUNS = 5
MOST_FRAMES = 60
TOP, BOTTOM = (0.55, 1), (0, 0.34)  # shares of the height


@drawn_once
def story_figure(density: pd.DataFrame, history: pd.DataFrame, layer_title: str) -> go.Figure:
    """Animated figure: histograms of the runs in the upper row, fuzziness and near-zero count in the lower row.

    The figure shows the last epoch. Each of its at most 60 frames is named after its epoch and replaces only every
    run's histogram, its two markers and the epoch in the title; all axis ranges are fixed. At most five runs are drawn;
    the title says so if there are more.

    Args:
        density: run_id, label, variant, epoch, left, right, count; epochs ascending, then bins ascending; all runs
            share the same equal bins, and the outermost bins also count the weights beyond them.
        history: run_id, label, variant, epoch, fuzziness, near_zero of the same runs, epochs ascending.
        layer_title: title of the layer, for example "First convolution".

    Raises:
        ValueError: a column is missing, a run has no history, or the bins are unequal or differ between runs.
    """
    runs = split_runs(density, ("epoch", "left", "right", "count"))
    runs, title = drawn_runs(runs, f"{layer_title}: weights during training", MOST_RUNS)
    if not runs:
        return compose(title, [])
    edges = shared_edges([first_snapshot(run.rows) for run in runs])
    films = films_of(runs, history)
    moments = np.unique(np.concatenate([film.epochs for film in films]))
    moments = moments[thin(len(moments), MOST_FRAMES)]
    still = [trace for index, film in enumerate(films) for trace in still_traces(film, index, len(films), edges)]
    moving = [trace for index, film in enumerate(films) for trace in moving_traces(film, index, len(films), edges)]
    figure = compose(title, [*still, *moving], hovermode="closest", **_layout(films, edges, layer_title))
    places = list(range(len(still), len(still) + len(moving)))
    figure.frames = [
        {
            "name": name,
            "data": [part for film in films for part in parts_at(film, moment)],
            "traces": places,
            "layout": {"title": {"text": f"{safe_text(title)}, epoch {name}"}},
        }
        for name, moment in zip(epoch_names(moments), moments, strict=True)
    ]
    return figure


def _layout(films: list[Film], edges: np.ndarray, layer_title: str) -> dict:
    top, titles = _histogram_axes(films, edges)
    bottom, more_titles = _history_axes(films, layer_title)
    return {**top, **bottom, "annotations": titles + more_titles}


def _histogram_axes(films: list[Film], edges: np.ndarray) -> tuple[dict, list[dict]]:
    """Axes of the upper row, and the text above and below them."""
    count, layout = len(films), {}
    highest = max(float(film.counts.max()) for film in films)
    log_range = [np.log10(EMPTY_BIN_ON_LOG_AXIS), np.log10(1.4 * highest)]
    is_narrow = count > 3
    top = (TOP[0], TOP[1] - 0.04) if is_narrow else TOP  # leaves space for a second line
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
    below = panel_title("Weight (weights outside the range are counted in the outermost bins)", 0.5, top[0])
    return layout, [*titles, below | {"xanchor": "center", "yanchor": "top", "yshift": -26}]


def _history_axes(films: list[Film], layer_title: str) -> tuple[dict, list[dict]]:
    """Axes of the lower row, and the titles above them."""
    layout, titles = {}, []
    last = max(float(film.epochs[-1]) for film in films)
    x_range = [-0.02 * (last or 1), 1.02 * (last or 1)]
    for position, ((quantity, name, _), domain) in enumerate(zip(HISTORIES, spans(2, 0.09), strict=True)):
        axis = axis_suffix(len(films) + position)
        most = max(float(film.quantities[quantity].max()) for film in films)
        title = {"title": axis_title("Epoch")}
        layout[f"xaxis{axis}"] = {"domain": domain, "anchor": f"y{axis}", "range": x_range, **title}
        layout[f"yaxis{axis}"] = {"domain": BOTTOM, "anchor": f"x{axis}", "range": [0, 1.08 * most or 1]}
        titles.append(panel_title(safe_text(f"{layer_title}: {name}"), domain[0], BOTTOM[1]))
    return layout, titles
