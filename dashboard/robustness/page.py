"""Robustness: accuracy of runs under attack, and how reliable each number is."""

from collections.abc import Callable
from typing import NamedTuple

import streamlit as st

from dashboard import measured, sources
from dashboard.figures.coloring import Styles
from dashboard.frames.labels import unique_labels
from dashboard.guide import draw_guide
from dashboard.jobs.hindered_panel import draw_hindered, unfinished
from dashboard.jobs.measurement_panel import draw_measurements, is_measuring, measurement_jobs
from dashboard.navigation import draw_first_step, pick_view
from dashboard.robustness.attacks import draw_attacks, draw_attacks_form
from dashboard.robustness.curves import draw_curves, draw_curves_form
from dashboard.robustness.distances import draw_distances, draw_distances_form
from dashboard.robustness.transfer import draw_transfer, draw_transfer_form
from dashboard.selection import pick_runs
from dashboard.settings import Settings
from dashboard.ui.announcement import announce
from dashboard.ui.page_export import PageExport
from dashboard.ui.plain_text import plain
from engine.queue.job import Job
from engine.queue.overview import RunOverview


class View(NamedTuple):
    """A measure of robustness: its form and its results."""

    draw_form: Callable[[Settings, list[RunOverview]], None]
    draw: Callable[[Settings, list[RunOverview], PageExport, Styles], None]


VIEWS = {
    "Under attack": View(draw_attacks_form, draw_attacks),
    "Against ε": View(draw_curves_form, draw_curves),
    "Smallest perturbations": View(draw_distances_form, draw_distances),
    "Transfer": View(draw_transfer_form, draw_transfer),
}


def draw_form(here: Settings, view: View, chosen: list[RunOverview]) -> None:
    """Draw the form of a view, for the runs with weights."""
    if bare := [run.label for run in chosen if not run.has_weights]:
        st.caption(f"Recorded without weights; cannot be attacked again: {plain(', '.join(bare))}.")
    if not here.read_only and len(bare) < len(chosen):
        view.draw_form(here, [run for run in chosen if run.has_weights])


def watch(here: Settings, chosen: list[RunOverview], before: measured.Stamp, was_busy: bool) -> None:
    """Draw measurements in progress; the page reruns as each result is stored."""
    jobs = measurement_jobs(here, [run.run_id for run in chosen])
    announce(measured_words(chosen, jobs))
    draw_measurements(here, chosen, jobs)
    if measured.stamp(run.run_id for run in chosen) != before or (was_busy and not is_measuring(jobs)):
        st.rerun()


def measured_words(chosen: list[RunOverview], jobs: list[Job]) -> list[str]:
    """Which attacks of each run are done, and how each measurement ended."""
    labels = unique_labels(chosen)
    done = [
        f"{labels[run.run_id]}: {result.attack.name} is done"
        for run in chosen
        for report in measured.reports(run.run_id).values()
        for result in report.attacks
    ]
    return [f"{labels[job.run_id]}: {job.kind} {job.status}" for job in jobs] + list(dict.fromkeys(done))


def draw_results(here: Settings, name: str, chosen: list[RunOverview], styles: Styles) -> None:
    """Draw results and the button that exports them; only this fragment reruns when one of its choices changes."""
    export = PageExport(f"Robustness: {name}")
    VIEWS[name].draw(here, chosen, export, styles)
    if export.exhibits:
        export.offer("robustness")


st.title("Robustness under attack")
draw_guide("robustness")
here = sources.settings()
selection = pick_runs(sources.runs(), unfinished, alike=True)
draw_hindered(here, selection.hindered, unfinished)
chosen = selection.shown
if not chosen:
    st.info("No run has finished yet. Attacks need the final weights of a run.")
    draw_first_step()
    st.stop()
with st.sidebar:
    name = pick_view(list(VIEWS))
draw_form(here, VIEWS[name], chosen)
run_ids = [run.run_id for run in chosen]
stamp, was_busy = measured.stamp(run_ids), is_measuring(measurement_jobs(here, run_ids))
st.fragment(watch, run_every=1.0 if was_busy else None, key="measurements")(here, chosen, stamp, was_busy)
st.fragment(draw_results, key="results")(here, name, chosen, selection.styles)
