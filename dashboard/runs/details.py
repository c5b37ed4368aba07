"""Details of selected runs: the settings in which two differ, and the log of one."""

import pandas as pd
import streamlit as st

from dashboard import sources
from dashboard.frames.labels import unique_labels
from dashboard.settings import Settings
from dashboard.ui.plain_text import plain
from dashboard.ui.tables import draw_table
from engine.queue.overview import RunOverview
from engine.queue.run_log import log_lines
from engine.runs.config_difference import config_difference


def draw_difference(first: RunOverview, second: RunOverview) -> None:
    """Draw a table of the settings in which two runs differ."""
    st.subheader("Difference")
    found = config_difference(first.config, second.config)
    if not found:
        st.caption("The two configurations are the same.")
        return
    labels = unique_labels([first, second])
    columns = ["Setting", labels[first.run_id], labels[second.run_id]]
    draw_table(pd.DataFrame(found).set_axis(columns, axis="columns"), key="difference", name="Difference of two runs")


def draw_log(here: Settings, run: RunOverview) -> None:
    """Draw what became of a run, its problems, and what the worker's log says about it."""
    for problem in run.problems:
        st.warning(plain(problem), icon=":material/broken_image:")
    with st.expander("Log", icon=":material/receipt_long:", key="run-log"):
        lines = log_lines(here.store.root, run, sources.jobs_of(run.run_id))
        st.code("\n".join(lines) or "Nothing was recorded.", language=None, wrap_lines=True)
        st.caption(plain(run.run_id))
