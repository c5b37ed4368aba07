"""Unfinished runs, each with a button that makes its current checkpoint a run of its own."""

import streamlit as st

from dashboard import sources
from dashboard.frames.labels import unique_labels
from dashboard.jobs.queue_panel import is_busy
from dashboard.navigation import pick_also
from dashboard.settings import Settings
from dashboard.ui.plain_text import plain
from engine.errors import InputError
from engine.exchange.freeze import can_freeze, freeze_run
from engine.queue.overview import RunOverview
from engine.runs.config import RunConfig

ROWS = 4
STANDING = {
    "running": "Still training",
    "stopping": "Stopping",
    "queued": "Waiting to resume",
    "interrupted": "Interrupted",
    "stopped": "Stopped",
    "failed": "Failed",
}
TAKEN, REFUSED = "freeze-taken", "freeze-refused"
"""Session state: true if the page must rerun its choice of runs; the run whose last freeze failed, and the error."""


def draw_freeze(here: Settings, unfinished: list[RunOverview]) -> None:
    """Draw a row per run that has a checkpoint, active runs first; a frozen run is added to those chosen on the page.

    The rows refresh while a run is active, and the page reruns when one finishes. In read-only mode nothing is drawn.
    """
    unfinished = [run for run in unfinished if run.status in STANDING]
    if here.read_only or not unfinished:
        return
    was_busy, run_ids = is_busy(unfinished), [run.run_id for run in unfinished]
    st.fragment(_watch, run_every=1.0 if was_busy else None, key="freeze")(here, run_ids, was_busy)


def _watch(here: Settings, run_ids: list[str], was_busy: bool) -> None:
    if st.session_state.pop(TAKEN, False):
        st.rerun()
    runs = sources.runs(run_ids)
    if was_busy and any(run.status == "finished" for run in runs):
        st.rerun()
    _draw_rows(here, [run for run in runs if run.status in STANDING and can_freeze(here.store, run.run_id)])
    if was_busy and not is_busy(runs):
        st.rerun()


def _draw_rows(here: Settings, runs: list[RunOverview]) -> None:
    order = list(STANDING)
    runs = sorted(runs, key=lambda run: order.index(run.status))
    labels = unique_labels(runs)
    for run in runs[:ROWS]:
        _draw_row(here, run, labels[run.run_id])
    if runs[ROWS:]:
        with st.expander(f"Unfinished runs: {len(runs) - ROWS} more", key="freeze-more"):
            for run in runs[ROWS:]:
                _draw_row(here, run, labels[run.run_id])


def _draw_row(here: Settings, run: RunOverview, label: str) -> None:
    with st.container(horizontal=True, vertical_alignment="center", key=f"freeze-row-{run.run_id}"):
        st.markdown(f"{STANDING[run.status]}: **{plain(label)}**{plain(_moment(run))}", width="content")
        st.button(
            "Evaluate current checkpoint",
            key=f"freeze-{run.run_id}",
            icon=":material/photo_camera:",
            type="tertiary",
            help="Stores the current weights as a run that you can attack; the training itself is not affected",
            on_click=_freeze,
            args=(here, run.run_id),
        )
    refused, reason = st.session_state.get(REFUSED, ("", ""))
    if refused == run.run_id:
        st.error(plain(reason))


def _moment(run: RunOverview) -> str:
    if not run.last or not isinstance(run.config, RunConfig):
        return ""
    return f", epoch {run.last['epoch']:.1f} of {run.config.training.epochs}"


def _freeze(here: Settings, run_id: str) -> None:
    """Freeze a run. This is a callback because the page reads its runs before it draws this button."""
    state = st.session_state
    try:
        frozen = freeze_run(here.store, run_id)
        dataset = here.store.config(frozen).dataset
    except (InputError, OSError) as error:
        state[REFUSED] = run_id, str(error)
        return
    state.pop(REFUSED, None)
    pick_also(frozen, lambda picked: _is_of(here, picked, dataset))
    state[TAKEN] = True


def _is_of(here: Settings, run_id: str, dataset: str) -> bool:
    try:
        return here.store.config(run_id).dataset == dataset
    except InputError:
        return False
