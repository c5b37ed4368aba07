"""A launch before it is launched: number of models, time, command line, and the button."""

from collections.abc import Sequence

import streamlit as st

from dashboard.navigation import open_weights
from dashboard.settings import Settings
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
    """What would be launched, or the one thing that keeps it from being."""
    try:
        configs = request.configs()
        draw_cost(here, resolve_device(request.device), configs)
        check_available(request.dataset, here.worker.data_dir)
    except InputError as error:
        st.error(str(error))
        return
    draw_warning(configs, request.training.weight_limit)
    st.caption("The same on the command line")
    st.code(request.command(), language="bash", wrap_lines=True)
    if here.read_only:
        st.info("This laboratory is read-only: nothing can be launched.", icon=":material/lock:")
    elif st.button("Launch and watch", type="primary", icon=":material/rocket_launch:", width="stretch"):
        try:
            run_ids = submit_runs(here.store, here.queue, configs)
            client.start_worker(here.worker)
        except (InputError, OSError) as error:
            st.error(f"Could not be launched. {error}")
            return
        open_weights(run_ids)


def draw_cost(here: Settings, device: str, configs: Sequence[RunConfig]) -> None:
    """Number of models, time at the measured rate, and what the probe adds."""
    processes = here.worker.processes_on(device)
    seconds = estimated_seconds(configs, here.queue.rates(), processes, device)
    models, time = st.columns(2)
    models.metric("Models", len(configs))
    time.metric(
        "Estimated time",
        duration(seconds) if seconds is not None else MISSING,
        help=f"At the speed that the worker measured here ({device}), {processes} side by side; – until it has.",
    )
    probe, training = sum(map(probe_passes, configs)), sum(map(training_passes, configs))
    if probe:
        st.caption(f"The robustness probe adds {probe / training:.0%} to the training itself.")


def draw_warning(configs: Sequence[RunConfig], weight_limit: float) -> None:
    """Where Min-Max pushes weights outwards without end."""
    tipping = next((config.objective.tipping_point for config in configs if config.variant == "min-max"), None)
    if tipping is not None:
        st.warning(
            f"Min-Max has no lower bound: a weight beyond |w| = λ/(2μ) = {tipping:.3g} is pushed outwards without end. "
            f"A run fails as diverged when one passes {weight_limit:g}.",
            icon=":material/open_in_full:",
        )
