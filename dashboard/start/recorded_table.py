"""Table of all recorded variants at the end of training, next to Std."""

from collections.abc import Mapping

import streamlit as st

from dashboard import sources
from dashboard.frames.comparison import comparison_frame
from dashboard.navigation import draw_link
from dashboard.ui.comparison_table import COLUMN_CONFIG, in_words, readable
from dashboard.ui.page_export import PageExport
from engine.queue.overview import RunOverview
from engine.runs.store import RunStore
from engine.runs.variants import VARIANTS

LAYER = "conv1"


def draw_recorded_table(export: PageExport, recorded: Mapping[str, RunOverview], store: RunStore) -> None:
    """Draw the table, how the runs were recorded, and a link to them.

    Args:
        recorded: variant -> run, at least one.
    """
    runs = [recorded[variant] for variant in VARIANTS if variant in recorded]
    if not runs:
        return
    records = sources.histories(runs, store)
    weights = {run.run_id: sources.conv_weights(run.run_id, LAYER, store) for run in runs}
    last = {run.run_id: len(weights[run.run_id]) - 1 for run in runs if len(weights[run.run_id])}
    reference = recorded.get("std", runs[0]).run_id
    comparison = comparison_frame(runs, weights, records, last, reference, LAYER)
    st.header("All recorded networks")
    export.table(readable(comparison), key="story-table", title="At the end of training", column_config=COLUMN_CONFIG)
    spec, length = runs[0].config.dataset_spec, runs[0].config.length
    words = in_words(comparison, reference)
    export.note(f"Recorded and shipped with the project: {spec.title}, {length}, one seed. {words}")
    draw_link("weights", "Weights of all recorded networks", [run.run_id for run in runs])
