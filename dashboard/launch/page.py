"""Launch: the launch form with its cost, the import form, and the queue of runs."""

import streamlit as st

from dashboard import sources
from dashboard.guide import draw_guide
from dashboard.jobs.queue_panel import attend, draw_problems, draw_queue, is_busy
from dashboard.jobs.trash_panel import draw_trash
from dashboard.launch.form import draw_form
from dashboard.launch.import_form import draw_import_form
from dashboard.launch.summary import draw_summary
from dashboard.settings import Settings
from dashboard.ui.announcement import announce
from dashboard.ui.errors import draw_error
from engine.runs.launch import LaunchRequest


def draw_launch(here: Settings) -> None:
    """Draw the form and, beside it, the summary of the launch."""
    with st.container(key="launch"):  # the style sheet stacks its columns on narrow pages
        form, summary = st.columns([3, 2], gap="large")
    with form:
        request = draw_form()
        if not here.read_only:
            with st.expander("Import weights from a file"):
                draw_import_form(here)
    with summary, st.container(border=True):
        if isinstance(request, LaunchRequest):
            draw_summary(here, request)
        else:
            draw_error(request)


def watch_queue(here: Settings, was_busy: bool) -> None:
    """Draw the queue. Only this fragment reruns while runs are active; the whole page reruns once when they end."""
    runs, problems = sources.listing()
    attend(here, runs)
    announce(f"{run.label}: {run.status}" for run in runs if not run.is_shipped)
    draw_problems(here, problems)
    if any(not run.is_shipped for run in runs):
        draw_queue(here, runs)
    else:
        st.info("No runs have been launched yet. Choose a preset above and launch it.")
    draw_trash(here)
    if was_busy and not is_busy(runs):
        st.rerun()


st.title("Launch runs")
draw_guide("launch")
here = sources.settings()
draw_launch(here)
st.header("Queue")
busy = is_busy(sources.runs())
st.fragment(watch_queue, run_every=1.0 if busy else None, key="queue")(here, busy)
