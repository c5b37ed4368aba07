"""Summary of a sweep before its launch: number of runs, time, command line and button."""

from collections.abc import Sequence

import streamlit as st

from dashboard.jobs.data_in_use import on_data, on_fetched_data
from dashboard.settings import Settings
from dashboard.ui.commands import draw_commands
from dashboard.ui.errors import draw_error
from dashboard.ui.plain_text import plain
from engine.data.sources import check_available
from engine.devices import resolve_device
from engine.errors import InputError
from engine.formatting import MISSING, duration
from engine.queue import client
from engine.queue.overview import RunOverview
from engine.runs.run_settings import MOST_RUNS
from engine.studies.study import study_progress, submit_study
from engine.studies.sweep import SweepRequest, value_list
from engine.studies.sweep_files import save_sweep


def draw_summary(here: Settings, request: SweepRequest, runs: Sequence[RunOverview]) -> None:
    """Draw the number of runs, the time, command line and button, or the error that prevents the launch."""
    try:
        request.configs()
        check_available(request.dataset, here.worker.data_dir)
        device = resolve_device(request.device)
        request = on_data(here, request)
        study = request.study
    except InputError as error:
        draw_error(error)
        return
    progress = study_progress(here.store, here.queue, study, runs)
    there = sum(step.trained == 1 for step in progress.steps)
    seconds = progress.seconds_left(here.queue.rates(), here.worker.processes_on(device), device)
    models, time = st.columns(2)
    models.metric("New runs", len(progress.steps) - there, help=f"At most {MOST_RUNS} runs per sweep")
    time.metric(
        "Estimated time",
        duration(seconds) if seconds is not None else MISSING,
        help="Upper limit for training and attacks at the speed measured on this machine; – before any measurement",
    )
    points = f"{len(request.l1_strengths)} λ × {len(request.mus)} μ"
    st.caption(f"{points}, {len(progress.steps)} runs in total; {there} of them are already trained.")
    st.caption(plain(f"λ: {value_list(request.l1_strengths)}. μ: {value_list(request.mus)}."))
    st.caption("Equivalent command:")
    draw_commands(request.command())
    if st.button("Launch sweep", type="primary", icon=":material/grid_on:", width="stretch"):
        try:
            request = on_fetched_data(here, request)
            save_sweep(here.store, request)
            submit_study(here.store, here.queue, request.study, runs, here.worker.place)
            client.start_worker(here.worker)
        except (InputError, OSError) as error:
            draw_error(error, "The sweep could not be launched.")
            return
        st.rerun()
