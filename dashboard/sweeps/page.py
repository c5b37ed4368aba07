"""Sweeps: a grid of λ, μ and seeds launched as one, and the plane that all runs make."""

import streamlit as st

from dashboard import sources
from dashboard.jobs.queue_panel import attend_worker
from dashboard.navigation import PAGES, pick_view
from dashboard.sweeps.cell import draw_cell, draw_numbers_to_click, pick_cell
from dashboard.sweeps.form import draw_sweep_form
from dashboard.sweeps.panel import draw_sweeps, is_sweeping, read_progress
from dashboard.sweeps.plane import pick_plane
from dashboard.sweeps.views import draw_coordinates, draw_growth, draw_maps, draw_numbers, draw_tradeoff
from dashboard.ui.page_export import PageExport
from engine.studies.sweep_files import read_sweeps

VIEWS = {
    "Maps": draw_maps,
    "Clean against robust": draw_tradeoff,
    "All at once": draw_coordinates,
    "Growth of weights": draw_growth,
}

here = sources.settings()
st.title("Sweeps of λ and μ")
runs = sources.runs()
requests = read_sweeps(here.store)
if not here.read_only:
    with st.expander("Launch a sweep", icon=":material/grid_on:", expanded=not requests):
        draw_sweep_form(here, runs)


sweeps = [read_progress(here, requests, runs)]
was_busy = is_sweeping(sweeps[0])


def panel() -> None:
    """How far each sweep is; redraws itself while one is at work."""
    now = runs if sweeps else sources.runs()
    known = sweeps.pop() if sweeps else read_progress(here, read_sweeps(here.store), now)
    if is_sweeping(known):
        attend_worker(here)
    draw_sweeps(here, known, now)
    if was_busy and not is_sweeping(known):
        st.rerun()


st.fragment(panel, run_every=1.0 if was_busy else None, key="sweeps")()

plane = pick_plane(runs, [request.family for request in requests[:1]])
if plane is None:
    st.info("No run has finished yet; a sweep fills this page with maps.")
    st.page_link(PAGES["home"], label="Train a first pair", icon=":material/play_arrow:")
    st.stop()
view = pick_view(list(VIEWS))
sheet = PageExport(f"Sweep of λ and μ: {plane.title}")
where = st.container()
st.subheader("One point of the plane")
cell = pick_cell(plane)
with where:
    VIEWS[view](plane, sheet, cell)
draw_numbers_to_click(plane)
draw_cell(plane, cell, sheet)
if view == "Maps":
    st.subheader("All points")
    draw_numbers(plane, sheet)
sheet.offer("sweep")
