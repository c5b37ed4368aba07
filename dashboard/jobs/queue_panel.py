"""Queue of runs: their progress, and buttons that stop, resume or delete them."""

import time
from collections.abc import Sequence
from typing import Any

import streamlit as st

from dashboard.navigation import open_weights
from dashboard.settings import Settings
from dashboard.ui.errors import errors_drawn
from dashboard.ui.plain_text import plain
from engine.formatting import duration
from engine.queue import client
from engine.queue.deletion import delete_runs
from engine.queue.job import ACTIVE, RESUMABLE, WAITING, Job
from engine.queue.overview import RunOverview, RunProblem
from engine.queue.problem import QueueProblem
from engine.queue.submission import retry_run
from engine.queue.worker_state import worker_state
from engine.runs.config import RunConfig
from engine.runs.trash import DAYS_KEPT

SHOWN_AT_ONCE, SHOWN = 8, 25
"""Number of rows that are drawn at once, and on request."""

PAUSE, FAILED_PAUSE = 5.0, 60.0
"""Seconds between two starts of a worker, and after a worker that ended by an error."""

ICONS = {
    "queued": ":material/schedule:",
    "running": ":material/play_circle:",
    "stopping": ":material/pending:",
    "stopped": ":material/stop_circle:",
    "finished": ":material/check_circle:",
    "failed": ":material/error:",
    "interrupted": ":material/bolt:",
    "damaged": ":material/broken_image:",
}


def is_busy(runs: list[RunOverview]) -> bool:
    """True if any run is waiting or active, so that a page should refresh soon."""
    return any(run.status in WAITING + ACTIVE for run in runs)


def attend(here: Settings, runs: list[RunOverview]) -> None:
    """Start a worker if runs wait and none is alive; checks at most every few seconds."""
    if is_busy(runs):
        attend_worker(here)


def attend_worker(here: Settings) -> None:
    """Start a worker if none is alive, at most every few seconds, and show what is wrong with it.

    A worker that ended by an error is started again only once a minute; none is started for a queue that cannot be
    read, since it must not be at work while the file is replaced.
    """
    if here.read_only:
        return
    try:
        state = worker_state(here.store.root, here.queue.unended())
    except QueueProblem:
        return
    if state.sentence:
        st.warning(plain(state.sentence), icon=":material/warning:")
    pause = FAILED_PAUSE if state.status == "failed" else PAUSE
    if state.status in ("absent", "failed") and time.monotonic() - st.session_state.get("attended", -pause) > pause:
        st.session_state.attended = time.monotonic()
        client.start_worker(here.worker)


def draw_queue(here: Settings, runs: list[RunOverview]) -> None:
    """Draw a row per run of this store, active ones first: status, progress, remaining time, buttons."""
    runs = [run for run in runs if not run.is_shipped and not (run.labels.archived and run.status == "finished")]
    order = {
        status: place for place, status in enumerate((*ACTIVE, *WAITING, "damaged", "failed", "stopped", "finished"))
    }
    ordered = sorted(runs, key=lambda run: order[run.status])[:SHOWN]
    for run in ordered[:SHOWN_AT_ONCE]:
        _draw_row(here, run)
    if further := ordered[SHOWN_AT_ONCE:]:
        more = st.expander(f"{len(further)} more", key="more-runs", on_change="rerun")
        if more.open:
            with more:
                for run in further:
                    _draw_row(here, run)
    if len(runs) > SHOWN:
        st.caption(f"Not shown: {len(runs) - SHOWN} more. `python -m engine runs` lists all runs.")


def _draw_row(here: Settings, run: RunOverview) -> None:
    with st.container(border=True, key=f"row-{run.run_id}"):
        name, state, actions = st.columns([4, 5, 3], vertical_alignment="center")
        name.markdown(f"**{plain(run.label)}**  \n{plain(f'{run.config.dataset_spec.title}, {run.config.length}')}")
        _draw_state(state, run)
        with actions.container(horizontal=True, horizontal_alignment="right"):
            _draw_actions(here, run)


def _draw_state(place: Any, run: RunOverview) -> None:
    icon = ICONS[run.status]
    if run.status in ACTIVE and run.job:
        place.progress(min(run.job.progress, 1.0), text=f"{icon} {plain(run.status)}, {plain(pace(run.job))}")
    elif run.status == "damaged":
        place.markdown(f"{icon} damaged")
        place.caption(plain(run.error or ""))
    elif run.status == "failed":
        place.markdown(f"{icon} failed")
        place.caption(plain(run.error or "No error message was recorded."))
    elif run.status == "finished" and run.result and "conv1_fuzziness" in run.result:
        clean = run.result.get("clean_accuracy")  # unknown for a frozen run
        accuracy = "" if clean is None else f"clean accuracy {clean:.1%} on the test set, "
        place.markdown(f"{icon} finished, {accuracy}conv1 fuzziness {run.result['conv1_fuzziness']:.4f}")
    else:
        place.markdown(f"{icon} {plain(run.status)}")


def _draw_actions(here: Settings, run: RunOverview) -> None:
    if st.button("Watch", key=f"watch-{run.run_id}", icon=":material/monitoring:", help="Open this run on Weights"):
        open_weights([run.run_id])
    if here.read_only:
        return
    if run.status in ("queued", "running"):
        if st.button("Stop", key=f"stop-{run.run_id}", icon=":material/stop:", help="Save and stop; you can resume it"):
            with errors_drawn():
                here.queue.request_stop(run.run_id)
                st.rerun()
    elif run.status in RESUMABLE and isinstance(run.config, RunConfig):
        word = "Retry" if run.status == "failed" else "Resume"
        if st.button(
            word, key=f"resume-{run.run_id}", icon=":material/resume:", help="Resume from the last checkpoint"
        ):
            with errors_drawn():
                retry_run(here.store, here.queue, run.run_id, here.worker.place)
                client.start_worker(here.worker)
                st.rerun()
    if run.status not in ACTIVE:
        _draw_delete(here, run)


def _draw_delete(here: Settings, run: RunOverview | RunProblem) -> None:
    with st.popover("", icon=":material/delete:", help="Delete this run"):
        st.write(f"The run moves to the trash. You can restore it below for {DAYS_KEPT} days.")
        if st.button("Delete", key=f"delete-{run.run_id}", type="primary"):
            with errors_drawn():
                delete_runs(here.store, here.queue, [run.run_id])
                st.rerun()


def pace(job: Job) -> str:
    """Current step of an active job, and its remaining time."""
    left = job.seconds_left
    return job.message + ("" if left is None else f", {duration(left)} left")


def draw_problems(here: Settings, problems: Sequence[RunProblem]) -> None:
    """Draw a row per run whose config cannot be read: why, and a button that deletes it."""
    for problem in problems:
        with st.container(border=True, key=f"row-{problem.run_id}"):
            name, state, actions = st.columns([4, 5, 3], vertical_alignment="center")
            name.markdown(f"**{plain(problem.run_id)}**")
            state.markdown(f"{ICONS['damaged']} damaged")
            state.caption(plain(problem.sentence))
            if not here.read_only and not here.store.is_shipped(problem.run_id):
                with actions.container(horizontal=True, horizontal_alignment="right"):
                    _draw_delete(here, problem)
