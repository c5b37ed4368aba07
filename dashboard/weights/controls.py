"""Controls of the Weights page: view, layers, drawing options and reference run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import streamlit as st

from dashboard.figures.coloring import Styles
from dashboard.frames.histories import seed_groups
from dashboard.frames.labels import LAYERS, unique_labels
from dashboard.ui.layer_pictures import VIEWS, Look
from dashboard.ui.widgets import forget_unknown
from engine.queue.overview import RunOverview


@dataclass(frozen=True)
class View:
    """Choices of the Weights page.

    name: one of VIEWS; layers: at least one.
    reference: run_id of the run with which the others are compared.
    averaged: if true, runs that differ only in their seed are drawn as one line.
    """

    name: str
    layers: Sequence[str]
    look: Look
    reference: str
    averaged: bool


def pick_view_settings(runs: Sequence[RunOverview], styles: Styles) -> View | None:
    """Draw the controls, which the page's URL stores; None if no layer is chosen."""
    name = st.segmented_control(
        "View", list(VIEWS), default="Histogram", required=True, key="view", bind="query-params", wrap=True
    )
    layers = st.pills(
        "Layers",
        list(LAYERS),
        selection_mode="multi",
        default=[layer for layer in LAYERS if any(layer == run.config.conv_layers[0] for run in runs)],
        format_func=LAYERS.__getitem__,
        key="layers",
        bind="query-params",
        wrap=True,
    )
    if not layers:
        return None
    with st.expander("Settings", icon=":material/tune:"):
        look = pick_look(styles)
        reference = pick_reference(runs, unique_labels(runs))
        averaged = pick_averaged(any(len(group) > 1 for group in seed_groups(runs).values()))
    return View(name or "Histogram", layers, look, reference, averaged)  # the URL can hold an empty view


def pick_look(styles: Styles) -> Look:
    """Draw the options for histograms and filters.

    Args:
        styles: run_id -> color and dash of its curves.
    """
    return Look(
        st.slider("Bins", 11, 151, 61, step=10, key="bins", bind="query-params"),
        st.toggle(
            "Whole range",
            key="whole",
            bind="query-params",
            help="Histograms extend to the largest |w| of all snapshots; filters share one color scale",
        ),
        st.toggle(
            "Log counts",
            value=True,
            key="log",
            bind="query-params",
            help="A log axis shows bins with few weights",
        ),
        styles,
    )


def pick_reference(runs: Sequence[RunOverview], labels: Mapping[str, str]) -> str:
    """run_id of the run with which the others are compared; by default the first Std run, if one is chosen."""
    forget_unknown("reference", labels)
    return st.selectbox(
        "Compare with",
        list(labels),
        next((place for place, run in enumerate(runs) if run.config.variant == "std"), 0),
        format_func=labels.__getitem__,
        key="reference",
        bind="query-params",
    )


def pick_averaged(several_seeds: bool) -> bool:
    """True if runs that differ only in their seed are drawn as one line; without such runs, no widget is drawn."""
    return several_seeds and not st.toggle(
        "Show each seed separately",
        key="each",
        bind="query-params",
        help="If off, runs that differ only in their seed are drawn as their mean ± one standard deviation",
    )
