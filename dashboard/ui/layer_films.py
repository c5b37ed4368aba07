"""Films of the views in `layer_pictures`: what changes in a picture from epoch to epoch. No streamlit."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, cast

import numpy as np
import plotly.graph_objects as go

from dashboard.figures.bins import step_heights
from dashboard.figures.density import density_cursors
from dashboard.figures.filters import color_reach
from dashboard.figures.frames import frame, whole_frame
from dashboard.figures.panels import MOST_PANELS, axis_suffix
from dashboard.figures.weights import stem_heights, weight_range
from dashboard.frames.histograms import bin_counts, histogram_edges
from dashboard.frames.layer_moment import LayerMoment
from dashboard.ui.layer_pictures import VIEWS, Look
from engine.minmax.fuzziness import membership

WHOLE = "Whole training"
"""The view whose title and runs are the same at every epoch."""

Change = tuple[Sequence[dict], dict]
"""Properties of the first traces, and of the layout."""


def layer_film(
    view: str, moment: LayerMoment, look: Look, epochs: Mapping[str, float], figure: go.Figure
) -> list[dict]:
    """A frame of a view per epoch; a frame applied to `figure` is the figure of that epoch.

    Args:
        epochs: name -> epoch, ascending.
        figure: the figure of `view` at `moment`.
    """
    found, title = [], cast(Any, figure.layout).title.text
    for name, epoch in epochs.items():
        then = replace(moment, epoch=epoch)
        if view != WHOLE and list(then.positions) != list(moment.positions):
            found.append(whole_frame(name, VIEWS[view](then, look).figure))
            continue
        parts, layout = FILMS[view](then, look, figure)
        titled = {"title": {"text": title.replace(moment.title_now, then.title_now)}}
        found.append(frame(name, parts, layout=layout if view == WHOLE else titled | layout))
    return found


def _rows(moment: LayerMoment) -> list[np.ndarray]:
    """The weights (n,) of every run at this epoch."""
    return [moment.weights[run_id][position] for run_id, position in moment.positions.items()]


def histogram_change(moment: LayerMoment, look: Look, figure: go.Figure) -> Change:
    edges = histogram_edges(list(moment.weights.values()), look.bins, look.whole)
    counts = [bin_counts(row[None], edges)[0].astype(float) for row in _rows(moment)]
    return [step_heights(row, look.log_counts) for row in counts], {}


def training_change(moment: LayerMoment, look: Look, figure: go.Figure) -> Change:
    panels = sum(trace.type == "heatmap" for trace in figure.data)
    return [], {"shapes": density_cursors(panels, moment.epoch)}


def indexed_change(moment: LayerMoment, look: Look, figure: go.Figure) -> Change:
    rows = _rows(moment)[:MOST_PANELS]
    if not look.whole:
        return [stem_heights(row) for row in rows], {}
    reach = weight_range(max(float(np.abs(row).max()) for row in rows))
    return [stem_heights(row) for row in rows], {f"yaxis{axis_suffix(i)}": {"range": reach} for i in range(len(rows))}


def membership_change(moment: LayerMoment, look: Look, figure: go.Figure) -> Change:
    return [stem_heights(membership(row)) for row in _rows(moment)[:MOST_PANELS]], {}


def filters_change(moment: LayerMoment, look: Look, figure: go.Figure) -> Change:
    rows = _rows(moment)[:MOST_PANELS]
    images = [_image(row, trace) for row, trace in zip(rows, figure.data, strict=False)]
    reaches = [color_reach(image) for image in images]
    if look.whole:
        scale = {"cmin": -max(reaches), "cmax": max(reaches)}
        return [{"z": image} for image in images], {"coloraxis": scale}
    return [{"z": image, "zmin": -end, "zmax": end} for image, end in zip(images, reaches, strict=True)], {}


def _image(weights: np.ndarray, trace: Any) -> np.ndarray:
    """Weights (n,) where the heat map shows them: its places count from 1 and are 0 in the gaps."""
    places = np.asarray(trace.customdata, dtype=int)
    shape = places.reshape(-1, places.shape[-1]).max(axis=0)
    flat = np.ravel_multi_index(tuple(np.moveaxis(places - 1, -1, 0).clip(0)), tuple(shape))
    return np.where(places[..., 0] > 0, weights[flat], np.nan).astype(np.float32)


FILMS: dict[str, Callable[[LayerMoment, Look, go.Figure], Change]] = {
    "Histogram": histogram_change,
    WHOLE: training_change,
    "Weight by weight": indexed_change,
    "Membership ρ": membership_change,
    "Filters": filters_change,
}
