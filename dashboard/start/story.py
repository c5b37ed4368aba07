"""Animation of the recorded runs from initialization to the end of training, and their comparison."""

from collections.abc import Mapping, Sequence

import pandas as pd
import streamlit as st

from dashboard import sources
from dashboard.figures.story import story_figure
from dashboard.frames.comparison import comparison_frame
from dashboard.frames.histograms import histogram_edges
from dashboard.frames.histories import history_frame
from dashboard.frames.labels import LAYERS
from dashboard.frames.weights import density_frame
from dashboard.navigation import draw_link
from dashboard.ui.comparison_table import COLUMN_CONFIG, in_words, readable
from dashboard.ui.page_export import PageExport
from engine.minmax.quantities import QUANTITIES
from engine.queue.overview import RunOverview
from engine.runs.film import Film
from engine.runs.variants import VARIANTS

LAYER = "conv1"
SHOWN_FIRST = ("std", "adv", "min-max")


def draw_story(recorded: Mapping[str, RunOverview]) -> None:
    """Draw the choice of recorded runs, their animation, links to them and a comparison table.

    Args:
        recorded: variant -> run.
    """
    shown = pick_variants(recorded)
    if not shown:
        st.info("Choose at least one recorded run.")
        return
    store = sources.shipped()
    records = sources.histories(shown, store)
    weights = {run.run_id: sources.conv_weights(run.run_id, LAYER, store) for run in shown}
    last = {run.run_id: len(weights[run.run_id]) - 1 for run in shown}
    reference = recorded.get("std", shown[0]).run_id
    comparison = comparison_frame(shown, weights, records, last, reference, LAYER)
    words = in_words(comparison, reference)
    export = PageExport("The Min-Max property of LeNet")
    draw_film(export, shown, records, weights, words)
    draw_links(shown)
    export.table(readable(comparison), key="story-table", title="At the end of training", column_config=COLUMN_CONFIG)
    export.offer("min-max-property")


def pick_variants(recorded: Mapping[str, RunOverview]) -> list[RunOverview]:
    """Runs of the chosen variants, in the order of VARIANTS."""
    names = st.pills(
        "Recorded runs",
        [variant for variant in VARIANTS if variant in recorded],
        selection_mode="multi",
        default=[variant for variant in SHOWN_FIRST if variant in recorded],
        format_func=VARIANTS.__getitem__,
        key="story",
        bind="query-params",
    )
    return [recorded[variant] for variant in VARIANTS if variant in names]


def draw_film(
    export: PageExport,
    runs: Sequence[RunOverview],
    records: Mapping[str, Sequence[dict]],
    weights: Mapping[str, Film],
    words: str,
) -> None:
    """Draw the weights over the whole training; `words` describe them to readers who cannot see the chart."""
    density = density_frame(runs, weights, records, histogram_edges(list(weights.values()), 61, whole=False))
    history = history_frame(runs, records, LAYER)
    export.chart(
        story_figure(density, history, LAYERS[LAYER]),
        key="story-film",
        height=620,
        alt=f"Weights of the recorded runs from initialization to the end of training. {words}",
        table=film_table(density, history),
        autoplay=True,
    )
    spec, length = runs[0].config.dataset_spec, runs[0].config.length
    export.note(f"Recorded and shipped with the project: {spec.title}, {length}, one seed. {words}")


def film_table(density: pd.DataFrame, history: pd.DataFrame) -> pd.DataFrame:
    """Counts of every bin, with the quantities of the same snapshot."""
    return density.merge(history[["run_id", "epoch", *QUANTITIES]], on=["run_id", "epoch"])


def draw_links(runs: Sequence[RunOverview]) -> None:
    """Draw links to the pages that show these runs in detail."""
    run_ids = [run.run_id for run in runs]
    with st.container(horizontal=True):
        draw_link("weights", "Weights of these runs", run_ids)
        draw_link("robustness", "Robustness of these runs", run_ids)
        draw_link("examples", "Adversarial examples", run_ids)
        draw_link("paper", "Tables and claims of the paper")
