"""Table of the runs that were trained or imported in this store."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from dashboard.navigation import draw_link
from dashboard.ui.comparison_table import COLUMN_CONFIG
from dashboard.ui.tables import draw_table
from engine.minmax.quantities import QUANTITIES
from engine.queue.overview import RunOverview

MOST_ROWS = 20
CLEAN, PROBED = "Clean accuracy, test set (%)", "Under attack, probe (%)"
FORMATS = COLUMN_CONFIG | {CLEAN: st.column_config.NumberColumn(format="%.1f")}


def draw_own_runs(runs: Sequence[RunOverview]) -> None:
    """Draw a table of the newest runs and a link to their weights."""
    st.header("Your runs")
    draw_table(own_table(runs[:MOST_ROWS]), key="own-runs", name="Runs here", column_config=FORMATS)
    which = "this run" if len(runs) == 1 else f"the newest of {len(runs)} runs"
    draw_link("weights", f"Watch or replay {which}")


def own_table(runs: Sequence[RunOverview]) -> pd.DataFrame:
    """One row per run: its label, data set, status and newest numbers; unknown numbers are missing."""
    rows = [
        {
            "Run": run.label,
            "Data": run.config.dataset_spec.title,
            "Status": run.status,
            CLEAN: document["clean_accuracy"],
            PROBED: document["probed_robust_accuracy"],
            **{quantity.heading: run.quantity(key) for key, quantity in QUANTITIES.items()},
        }
        for run in runs
        for document in [run.document()]
    ]
    table = pd.DataFrame(rows)
    return table.assign(**{name: 100 * table[name].astype(float) for name in (CLEAN, PROBED)})
