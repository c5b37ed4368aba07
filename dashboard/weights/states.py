"""Status, progress and errors of the chosen runs."""

from collections.abc import Sequence

import streamlit as st

from dashboard.frames.labels import unique_labels
from dashboard.jobs.queue_panel import ICONS
from dashboard.ui.errors import draw_error
from dashboard.ui.plain_text import plain
from engine.queue.overview import RunOverview
from engine.runs.config import RunConfig


def draw_states(runs: Sequence[RunOverview]) -> None:
    """Draw a box per run with its status, progress or error, and newest accuracies."""
    names = unique_labels(runs)
    for place, run in zip(st.columns(len(runs)), runs, strict=True):
        with place.container(border=True):
            st.markdown(f"{ICONS[run.status]} **{plain(names[run.run_id])}**")
            if run.job and run.status in ("running", "stopping"):
                st.progress(min(run.job.progress, 1.0), text=plain(f"{run.status}, {run.job.message}"))
            elif run.error:
                draw_error(run.error)
            st.caption(plain(state_words(run)))


def state_words(run: RunOverview) -> str:
    """Progress and newest accuracies of a run; before the first snapshot, its status."""
    if not run.last:
        return run.status
    robust = run.last["robust_accuracy"]
    probe = "" if robust is None else f", under attack {robust:.1%}"
    return f"{standing(run)}: clean {run.last['clean_accuracy']:.1%}{probe}"


def standing(run: RunOverview) -> str:
    """Progress of a run in words."""
    if not isinstance(run.config, RunConfig):
        return run.config.length
    epoch = f"epoch {run.last['epoch']:.1f}" if run.last else "not started"
    if run.is_shipped:
        return f"shipped, {epoch}"
    return epoch if run.status in ("running", "stopping") else f"{run.status}, {epoch}"
