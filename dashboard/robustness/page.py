"""Robustness: what attacks leave of the runs' accuracy, and how far each number is to be trusted."""

import streamlit as st

from dashboard import sources
from dashboard.jobs.freeze_panel import draw_freeze
from dashboard.jobs.measurement_panel import draw_measurements, is_measuring, measurement_jobs
from dashboard.navigation import PAGES, pick_runs, pick_view
from dashboard.robustness.attacks import draw_attacks, draw_attacks_form
from dashboard.robustness.curves import draw_curves, draw_curves_form
from dashboard.robustness.distances import draw_distances, draw_distances_form
from dashboard.robustness.transfer import draw_transfer, draw_transfer_form
from dashboard.ui.page_export import PageExport
from dashboard.ui.plain_text import plain

VIEWS = {
    "Under attack": (draw_attacks_form, draw_attacks),
    "Against ε": (draw_curves_form, draw_curves),
    "Smallest perturbations": (draw_distances_form, draw_distances),
    "Transfer": (draw_transfer_form, draw_transfer),
}

here = sources.settings()
st.title("Robustness under attack")
runs = sources.runs()
finished = [run for run in runs if run.status == "finished"]
if not here.read_only:
    draw_freeze(here, [run for run in runs if run.status != "finished"])
if not finished:
    st.info("No run has finished yet; attacks need final weights.")
    st.page_link(PAGES["home"], label="Train a first pair", icon=":material/play_arrow:")
    st.stop()
chosen = pick_runs(finished, "Runs")
if not chosen:
    st.info("Choose the runs to be attacked and compared.")
    st.stop()
if len({run.config.dataset for run in chosen}) > 1:
    st.warning(
        "These runs were trained on different data: accuracies cannot stand side by side. Choose one data set's."
    )
    st.stop()
view = pick_view(list(VIEWS))
draw_form, draw_view = VIEWS[view]
if bare := [run.config.label for run in chosen if not run.has_weights]:
    st.caption(f"Recorded without weights, so not to be attacked again: {plain(', '.join(bare))}.")
if not here.read_only and len(bare) < len(chosen):
    draw_form(here, [run for run in chosen if run.has_weights])


def draw() -> None:
    """What is being measured, and what has been."""
    run_ids = [run.run_id for run in chosen]
    jobs = measurement_jobs(here, run_ids)
    draw_measurements(here, chosen, jobs)
    sheet = PageExport(f"Robustness: {view}")
    draw_view(here, chosen, sheet)
    if sheet.exhibits:
        sheet.offer("robustness")
    if was_busy and not is_measuring(jobs):
        st.rerun()


was_busy = is_measuring(measurement_jobs(here, [run.run_id for run in chosen]))
st.fragment(draw, run_every=1.0 if was_busy else None, key="measurements")()
