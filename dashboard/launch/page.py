"""Launch: choose, see what it costs, train; and the queue of everything launched."""

import streamlit as st

from dashboard import sources
from dashboard.jobs.queue_panel import attend, draw_queue, duration, is_busy
from dashboard.launch.form import draw_form
from dashboard.launch.import_form import draw_import_form
from dashboard.navigation import open_weights
from engine.data.sources import check_available
from engine.devices import resolve_device
from engine.errors import InputError
from engine.queue.client import start_worker
from engine.queue.submission import submit_runs
from engine.runs.config import RunConfig
from engine.runs.launch import LaunchRequest
from engine.studies.estimate import estimated_seconds, probe_passes, training_passes

here = sources.settings()


def draw_cost(request: LaunchRequest, configs: list[RunConfig]) -> None:
    """Number of models, time at the measured rate, and what the probe adds."""
    device = resolve_device(request.device)
    slots = here.worker.slots_on(device)
    seconds = estimated_seconds(configs, here.queue.rates(), slots, device)
    models, time = st.columns(2)
    models.metric("Models", len(configs))
    time.metric(
        "Estimated time",
        duration(seconds) if seconds is not None else "–",
        help=f"At the speed that the worker measured here ({device}), {slots} side by side; – until it has.",
    )
    probe, training = sum(map(probe_passes, configs)), sum(map(training_passes, configs))
    if probe:
        st.caption(f"The robustness probe adds {probe / training:.0%} to the training itself.")


def draw_summary(request: LaunchRequest) -> None:
    """What would be launched, or the one thing that keeps it from being."""
    try:
        configs = request.configs()
        draw_cost(request, configs)
        check_available(request.dataset, here.worker.data_dir)
    except InputError as error:
        st.error(str(error))
        return
    tipping = next((config.objective.tipping_point for config in configs if config.variant == "min-max"), None)
    if tipping is not None:
        st.warning(
            f"Min-Max has no lower bound: a weight beyond |w| = λ/(2μ) = {tipping:.3g} is pushed outwards without end. "
            f"A run fails as diverged when one passes {request.training.weight_limit:g}.",
            icon=":material/open_in_full:",
        )
    st.caption("The same on the command line")
    st.code(request.command(), language="bash", wrap_lines=True)
    if here.read_only:
        st.info("This laboratory is read-only: nothing can be launched.", icon=":material/lock:")
    elif st.button("Launch and watch", type="primary", icon=":material/rocket_launch:", width="stretch"):
        try:
            run_ids = submit_runs(here.store, here.queue, configs)
            start_worker(here.worker)
        except (InputError, OSError) as error:
            st.error(f"Could not be launched. {error}")
            return
        open_weights(run_ids)


st.title("Launch runs")
form, summary = st.columns([3, 2], gap="large")
with form:
    request = draw_form()
    if not here.read_only:
        with st.expander("Bring your own weights"):
            draw_import_form(here)
with summary, st.container(border=True):
    if isinstance(request, LaunchRequest):
        draw_summary(request)
    else:
        st.error(str(request))


def queue() -> None:
    """Redraws itself while something is at work."""
    runs = sources.runs()
    attend(here, runs)
    if any(not run.is_shipped for run in runs):
        draw_queue(here, runs)
    else:
        st.info("Nothing has been launched yet.")
    if busy and not is_busy(runs):
        st.rerun()


st.header("Queue")
busy = is_busy(sources.runs())
st.fragment(queue, run_every=1.0 if busy else None, key="queue")()
