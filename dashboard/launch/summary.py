"""Summary of a launch: number of models, estimated time, command, and the launch button."""

from collections.abc import Sequence

import streamlit as st

from dashboard.jobs.data_in_use import on_data, on_fetched_data
from dashboard.navigation import open_weights
from dashboard.settings import Settings
from dashboard.ui.commands import draw_commands
from dashboard.ui.errors import draw_error
from dashboard.ui.plain_text import plain
from engine.data.sources import check_available
from engine.devices import resolve_device
from engine.errors import InputError
from engine.formatting import MISSING, duration
from engine.queue import client
from engine.queue.submission import submit_runs
from engine.runs.config import RunConfig
from engine.runs.launch import LaunchRequest
from engine.studies.estimate import estimated_seconds, probe_passes, training_passes


def draw_summary(here: Settings, request: LaunchRequest) -> None:
    """Draw the summary and the launch button, or the error that prevents the launch."""
    try:
        configs = request.configs()
        draw_cost(here, resolve_device(request.device), configs)
        check_available(request.dataset, here.worker.data_dir)
        configs = on_data(here, request).configs()
    except InputError as error:
        draw_error(error)
        return
    draw_warning(configs, request.training.weight_limit)
    st.caption("Equivalent command:")
    draw_commands(request.command())
    if here.read_only:
        st.info("This laboratory is read-only. You cannot launch runs.", icon=":material/lock:")
    elif st.button("Launch and watch", type="primary", icon=":material/rocket_launch:", width="stretch"):
        try:
            configs = on_fetched_data(here, request).configs()
            run_ids = submit_runs(here.store, here.queue, configs, here.worker.place)
            client.start_worker(here.worker)
        except (InputError, OSError) as error:
            draw_error(error, "The runs could not be launched.")
            return
        open_weights(run_ids)


def draw_cost(here: Settings, device: str, configs: Sequence[RunConfig]) -> None:
    """Draw the number of models, the time at the measured speed, and the additional cost of the probe."""
    processes = here.worker.processes_on(device)
    seconds = estimated_seconds(configs, here.queue.rates(), processes, device)
    models, time = st.columns(2)
    models.metric("Models", len(configs))
    time.metric(
        "Estimated time",
        duration(seconds) if seconds is not None else MISSING,
        help=(
            f"At the speed measured on this machine ({plain(device)}), with up to {processes:d} processes in parallel; "
            "a dash means that no speed has been measured yet"
        ),
    )
    probe, training = sum(map(probe_passes, configs)), sum(map(training_passes, configs))
    if probe:
        st.caption(f"The robustness probe adds {probe / training:.0%} to the cost of training.")


def draw_warning(configs: Sequence[RunConfig], weight_limit: float) -> None:
    """Warn where the Min-Max objective has no lower bound."""
    tipping = next((config.objective.tipping_point for config in configs if config.variant == "min-max"), None)
    if tipping is not None:
        st.warning(
            "The Min-Max objective has no lower bound: its penalty pushes weights with |w| > λ/(2μ) = "
            f"{tipping:.3g} away from zero without limit. A run fails as diverged when |w| exceeds {weight_limit:g}.",
            icon=":material/open_in_full:",
        )
