"""An image of your own: the form, the attacks in progress, and the networks' predictions."""

from collections.abc import Mapping, Sequence

import streamlit as st

from dashboard import measured
from dashboard.examples.own_image_form import draw_own_image_form
from dashboard.jobs.measurement_panel import draw_measurements, is_measuring, measurement_jobs
from dashboard.settings import Settings
from dashboard.ui.example_cells import build_grid
from dashboard.ui.page_export import PageExport
from dashboard.ui.protocol_picker import protocol_title
from engine.measurements.evaluation.survivors import CLEAN
from engine.measurements.own_images import OwnImageResult
from engine.queue.job import Job
from engine.queue.overview import RunOverview

BUSY = "own-image-busy"
"""Session key: whether attacks on the image are queued or running, in which case the panel refreshes itself."""


def draw_own_image(
    here: Settings, runs: Sequence[RunOverview], labels: Mapping[str, str], colors: Mapping[str, str]
) -> None:
    """Draw an expander with the form and its results, for runs of one data set; `labels` and `colors` are by run_id."""
    with st.expander("Attack your own image: upload or draw it", icon=":material/draw:", key="own-image"):
        run_every = 0.5 if st.session_state.get(BUSY) else None
        st.fragment(_watch, run_every=run_every, key="own")(here, runs, labels, colors)


def _watch(here: Settings, runs: Sequence[RunOverview], labels: Mapping[str, str], colors: Mapping[str, str]) -> None:
    """Draw the form and its results; rerun the whole page when the attacks begin or end."""
    image_id = draw_own_image_form(here, list(runs))
    if image_id is None:
        return
    jobs = _jobs(here, runs, image_id)
    draw_measurements(here, list(runs), jobs)
    results = {run.run_id: measured.own_images(run.run_id, image_id) for run in runs}
    if shown := _of_one_protocol(results):
        _draw_results(runs, shown, labels, colors)
    is_busy = is_measuring(jobs)
    if is_busy != st.session_state.get(BUSY, False):
        st.session_state[BUSY] = is_busy
        st.rerun()


def _of_one_protocol(results: Mapping[str, Sequence[OwnImageResult]]) -> dict[str, OwnImageResult]:
    """Results by run_id under the protocol that is the newest for most runs; runs without it are left out."""
    newest = [found[0].protocol_id for found in results.values() if found]
    protocol = max(newest, key=newest.count, default=None)
    return {run_id: result for run_id, found in results.items() for result in found if result.protocol_id == protocol}


def _jobs(here: Settings, runs: Sequence[RunOverview], image_id: str) -> list[Job]:
    jobs = measurement_jobs(here, {run.run_id for run in runs}, ("evaluate",))
    return [job for job in jobs if job.payload.get("image") == image_id]


def _draw_results(
    runs: Sequence[RunOverview],
    results: Mapping[str, OwnImageResult],
    labels: Mapping[str, str],
    colors: Mapping[str, str],
) -> None:
    classes = runs[0].config.dataset_spec.classes
    result = next(iter(results.values()))
    outcomes = {run_id: found.examples for run_id, found in results.items()}
    attacks = list(dict.fromkeys(name for of_run in outcomes.values() for name in of_run if name != CLEAN))
    export = PageExport("Your own image under attack")
    export.note(f"Your image, true class {classes[result.label]}; {protocol_title(result.report)}.")
    export.grid(build_grid(labels, colors, outcomes, attacks, 0, classes, result.label), key="own-grid")
    export.offer("own image")
