"""Views of one layer's weights at one epoch: figure, table, alt text and caption of each. No streamlit."""

from collections.abc import Callable
from typing import Literal, NamedTuple

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from dashboard.figures.canvas import height_of
from dashboard.figures.coloring import Styles, painted
from dashboard.figures.density import density_figure
from dashboard.figures.filters import filters_figure
from dashboard.figures.histograms import histogram_figure
from dashboard.figures.weights import MOST_WEIGHTS, index_figure
from dashboard.frames.histograms import histogram_edges, histogram_frame
from dashboard.frames.layer_moment import LayerMoment
from dashboard.frames.weights import density_frame, kernel_frame, weight_frame
from engine.minmax.fuzziness import near_zero_count

BEYOND = "Weights outside the axis range, counted in the outermost bins,"


class Look(NamedTuple):
    """Drawing options: number of bins, axis up to the largest |w| instead of the bulk, log counts, styles of runs."""

    bins: int = 61
    whole: bool = False
    log_counts: bool = True
    styles: Styles = {}  # noqa: RUF012  read only


class Picture(NamedTuple):
    """A figure, its numbers, and the alt text for readers who cannot see it."""

    figure: go.Figure
    table: pd.DataFrame
    alt: str
    height: int = 430
    caption: str = ""


def histogram_picture(moment: LayerMoment, look: Look) -> Picture:
    """Histograms of all runs on one axis, with the same bins."""
    edges = histogram_edges(list(moment.weights.values()), look.bins, look.whole)
    table = histogram_frame(moment.runs, moment.weights, moment.positions, edges)
    tipping = {run.config.tipping_point for run in moment.runs} - {None}
    guide = tipping.pop() if len(tipping) == 1 else None
    shown_guide = guide if guide is not None and guide < edges[-1] else None
    figure = histogram_figure(painted(table, look.styles), moment.title_now, look.log_counts, tipping_point=shown_guide)
    near = ", ".join(f"{label}: {near_zero_count(values)} near zero" for label, values in moment.now.items())
    caption = _beyond(moment, edges[-1], BEYOND)
    return Picture(figure, moment.dated(table), f"Histogram of weights {moment.when}. {near}", caption=caption)


def _beyond(moment: LayerMoment, end: float, what: str) -> str:
    """Caption about the weights outside the axis range at this epoch; "" if there are none."""
    beyond = [
        f"{label}: {far.size} (largest: {far[np.abs(far).argmax()]:.3g})"
        for label, values in moment.now.items()
        if (far := values[np.abs(values) > end]).size
    ]
    return f"{what} {moment.when}: {'; '.join(beyond)}." if beyond else ""


def training_picture(moment: LayerMoment, look: Look) -> Picture:
    """Distribution of the weights at every epoch."""
    edges = histogram_edges(list(moment.weights.values()), look.bins, look.whole)
    table = density_frame(moment.runs, moment.weights, moment.records, edges)
    figure = density_figure(painted(table, look.styles), moment.title, cursor=moment.epoch)
    alt = f"{moment.title}: heat map of the weight distribution over all epochs"
    caption = _beyond(moment, edges[-1], BEYOND)
    return Picture(figure, table, alt, height_of(figure), caption)


def indexed_picture(moment: LayerMoment, look: Look, quantity: Literal["weight", "membership"] = "weight") -> Picture:
    """Every weight, or its membership, in index order."""
    table = weight_frame(moment.runs, moment.weights, moment.positions)
    edges = histogram_edges(list(moment.weights.values()), look.bins, look.whole)
    figure = index_figure(
        painted(table, look.styles), quantity, moment.title_now, reach=None if look.whole else float(edges[-1])
    )
    alt = f"{moment.title}: {quantity} by index {moment.when}"
    kept = moment.dated(table.loc[table["index"] < MOST_WEIGHTS, :])
    caption = _beyond(moment, edges[-1], "Weights outside the axis range") if quantity == "weight" else ""
    return Picture(figure, kept, alt, height_of(figure), caption)


def membership_picture(moment: LayerMoment, look: Look) -> Picture:
    """Membership 1 / (1 + |w|), in index order."""
    return indexed_picture(moment, look, "membership")


def filters_picture(moment: LayerMoment, look: Look) -> Picture:
    """Kernels as small images."""
    table = kernel_frame(moment.runs, moment.weights, moment.positions, moment.layer)
    figure = filters_figure(table, moment.title_now, shared_scale=look.whole)
    return Picture(figure, moment.dated(table), f"{moment.title}: filters {moment.when}", height_of(figure))


VIEWS: dict[str, Callable[[LayerMoment, Look], Picture]] = {
    "Histogram": histogram_picture,
    "Whole training": training_picture,
    "Weight by weight": indexed_picture,
    "Membership ρ": membership_picture,
    "Filters": filters_picture,
}
