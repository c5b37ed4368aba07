"""Selected runs that a page cannot show, with the reason, and a button that makes a run of the current checkpoint."""

from collections.abc import Container, Mapping, Sequence

import streamlit as st

from dashboard import sources
from dashboard.frames.labels import unique_labels
from dashboard.jobs.queue_panel import is_busy
from dashboard.selection import Hindrance, add_to_selection
from dashboard.settings import Settings
from dashboard.ui.plain_text import plain
from engine.errors import InputError
from engine.exchange.freeze import can_freeze, freeze_run
from engine.queue.overview import RunOverview
from engine.runs.config import RunConfig

STANDING = {
    "running": "is still training",
    "stopping": "is being stopped",
    "queued": "waits for its training",
    "interrupted": "was interrupted",
    "stopped": "was stopped",
    "failed": "has failed",
    "damaged": "is damaged",
}
TAKEN, REFUSED = "freeze-taken", "freeze-refused"
"""Session state: true if the page must rerun its choice of runs; the run whose last freeze failed, and the error."""


def unfinished(run: RunOverview) -> str | None:
    """Why a run that has not finished cannot be attacked; None if it has."""
    if run.status == "finished":
        return None
    moment = ""
    if run.last and isinstance(run.config, RunConfig):
        moment = f" at epoch {run.last['epoch']:.1f} of {run.config.training.epochs}"
    return f"{STANDING[run.status]}{moment}; attacks need its final weights"


def draw_hindered(here: Settings, hindered: Sequence[tuple[RunOverview, str]], reason: Hindrance) -> None:
    """Draw a row per run with the reason and, if it has a checkpoint, the button; a frozen run is selected too.

    The rows refresh while a run is active, and the page reruns when one can be shown. In read-only mode there are no
    buttons.

    Args:
        reason: why the page cannot show a run, as for `pick_runs`.
    """
    if not hindered:
        return
    runs, words = [run for run, _ in hindered], {run.run_id: words for run, words in hindered}
    unable = {run.run_id for run in runs if reason(run) is not None}
    was_busy = is_busy(runs)
    st.fragment(_watch, run_every=1.0 if was_busy else None, key="hindered")(here, words, unable, reason, was_busy)


def _watch(here: Settings, words: Mapping[str, str], unable: Container[str], reason: Hindrance, was_busy: bool) -> None:
    runs = sources.runs(list(words))
    able = any(run.run_id in unable and reason(run) is None for run in runs)
    if st.session_state.pop(TAKEN, False) or able:
        st.rerun()
    labels = unique_labels(runs)
    for run in runs:
        _draw_row(here, run, labels[run.run_id], reason(run) or words[run.run_id])
    if was_busy and not is_busy(runs):
        st.rerun()


def _draw_row(here: Settings, run: RunOverview, label: str, words: str) -> None:
    with st.container(horizontal=True, vertical_alignment="center", key=f"hindered-{run.run_id}"):
        text = f":material/visibility_off: Not shown: **{plain(label)}** {plain(words)}."
        st.markdown(text, width="content")
        if not here.read_only and run.status != "finished" and can_freeze(here.store, run.run_id):
            st.button(
                "Evaluate current checkpoint",
                key=f"freeze-{run.run_id}",
                icon=":material/photo_camera:",
                type="tertiary",
                help="Stores the current weights as a run that you can attack; the training itself is not affected",
                on_click=_freeze,
                args=(here, run.run_id),
            )
    refused, message = st.session_state.get(REFUSED, ("", ""))
    if refused == run.run_id:
        st.error(plain(message))


def _freeze(here: Settings, run_id: str) -> None:
    """Freeze a run. This is a callback because the page reads its runs before it draws this button."""
    state = st.session_state
    try:
        frozen = freeze_run(here.store, run_id)
    except (InputError, OSError) as error:
        state[REFUSED] = run_id, str(error)
        return
    state.pop(REFUSED, None)
    add_to_selection(frozen)
    state[TAKEN] = True
