"""List of sweeps: a row with a progress bar each, and buttons to stop, resume and remove it."""

from collections.abc import Sequence

import streamlit as st

from dashboard.jobs.study_panel import draw_failures, progress_words, seconds_left
from dashboard.settings import Settings
from dashboard.ui.errors import errors_drawn
from dashboard.ui.plain_text import plain
from engine.data.catalog import dataset_spec
from engine.data.sources import check_available
from engine.queue import client
from engine.queue.overview import RunOverview
from engine.studies.study import StudyProgress, stop_study, study_progress, submit_study
from engine.studies.sweep import SweepRequest
from engine.studies.sweep_files import forget_sweep

SHOWN, FAILURES = 12, 5

Sweep = tuple[SweepRequest, StudyProgress]


def read_progress(here: Settings, requests: Sequence[SweepRequest], runs: Sequence[RunOverview]) -> list[Sweep]:
    """Each sweep with its progress; `runs` are all runs in the store."""
    return [(request, study_progress(here.store, here.queue, request.study, runs)) for request in requests[:SHOWN]]


def is_sweeping(sweeps: Sequence[Sweep]) -> bool:
    """Whether any run or measurement of a sweep is queued or running."""
    return any(progress.is_busy for _, progress in sweeps)


def draw_sweeps(here: Settings, sweeps: Sequence[Sweep], runs: Sequence[RunOverview]) -> None:
    """Draw one row per sweep, newest first."""
    for request, progress in sweeps:
        with st.container(border=True, key=f"sweep-{request.sweep_id}"):
            name, state, actions = st.columns([4, 5, 3], vertical_alignment="center")
            name.markdown(f"**{plain(dataset_spec(request.dataset).title)}**  \n{plain(request.label)}")
            state.progress(progress.fraction, text=progress_words(progress, seconds_left(here, progress)))
            if not here.read_only:
                with actions.container(horizontal=True, horizontal_alignment="right"):
                    _draw_actions(here, request, progress, runs)
            failed = [step for step in progress.steps if step.status == "failed" and not step.ran_away]
            draw_failures(here, request.study, failed[:FAILURES])


def _draw_actions(here: Settings, request: SweepRequest, progress: StudyProgress, runs: Sequence[RunOverview]) -> None:
    key = request.sweep_id
    if progress.is_busy:
        if st.button(
            "Stop", key=f"stop-{key}", icon=":material/stop:", help="Saves the runs and stops; the sweep can be resumed"
        ):
            with errors_drawn():
                stop_study(here.queue, request.study, progress)
                st.rerun()
    elif not all(step.is_over for step in progress.steps):
        if st.button(
            "Resume", key=f"resume-{key}", icon=":material/resume:", help="Continues the unfinished runs and attacks"
        ):
            with errors_drawn("The sweep could not be resumed."):
                check_available(request.dataset, here.worker.data_dir)
                submit_study(here.store, here.queue, request.study, runs, here.worker.place)
                client.start_worker(here.worker)
                st.rerun()
    if not progress.is_busy and st.button(
        "Forget",
        key=f"forget-{key}",
        icon=":material/playlist_remove:",
        help="Removes the sweep from this list and keeps its runs",
    ):
        forget_sweep(here.store, request)
        st.rerun()
