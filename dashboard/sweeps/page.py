"""Sweeps over λ, μ and seeds, and the strength grid of all runs."""

import streamlit as st

from dashboard import sources
from dashboard.guide import draw_guide
from dashboard.jobs.queue_panel import attend_worker
from dashboard.navigation import draw_first_step, pick_view
from dashboard.settings import Settings
from dashboard.sweeps.cell import draw_cell, draw_numbers_to_click, pick_cell
from dashboard.sweeps.form import draw_sweep_form
from dashboard.sweeps.grid import StrengthGrid, pick_grid
from dashboard.sweeps.panel import Sweep, draw_sweeps, is_sweeping, read_progress
from dashboard.sweeps.views import draw_coordinates, draw_growth, draw_maps, draw_numbers, draw_tradeoff
from dashboard.ui.page_export import PageExport
from engine.queue.overview import RunOverview
from engine.studies.sweep_files import read_sweeps

VIEWS = {
    "Maps": draw_maps,
    "Clean against robust": draw_tradeoff,
    "All at once": draw_coordinates,
    "Growth of weights": draw_growth,
}

OPENED = "opened-sweep-form"  # session state: whether the form was opened

Reading = tuple[list[RunOverview], list[Sweep]]  # all runs in the store; the sweeps with their progress


def watch(here: Settings, first: list[Reading], was_busy: bool) -> None:
    """Draw the progress of each sweep; only this fragment reruns while one runs, then the whole page once.

    Args:
        first: what the page has just read; it is emptied, so that later reruns read again.
    """
    runs, sweeps = first.pop() if first else read_now(here)
    if is_sweeping(sweeps):
        attend_worker(here)
    draw_sweeps(here, sweeps, runs)
    if was_busy and not is_sweeping(sweeps):
        st.rerun()


def read_now(here: Settings) -> Reading:
    """All runs in the store, and the newest sweeps."""
    runs = sources.runs()
    return runs, read_progress(here, read_sweeps(here.store), runs)


def draw_form(here: Settings, runs: list[RunOverview]) -> None:
    """Draw the form that launches a sweep: at once if there is nothing else to show, else when it is opened.

    Once opened, it is always drawn, since Streamlit forgets the values of widgets that are not.
    """
    is_first = not any(run.status == "finished" for run in runs)
    form = st.expander(
        "Launch a sweep", icon=":material/grid_on:", expanded=is_first, key="launch-sweep", on_change="rerun"
    )
    if form.open or st.session_state.get(OPENED):
        st.session_state[OPENED] = True
        with form:
            draw_sweep_form(here, runs)


def draw_grid(grid: StrengthGrid) -> None:
    """Draw one view of the grid and one of its points."""
    with st.sidebar:
        view = pick_view(list(VIEWS))
    export = PageExport(f"Sweep of λ and μ: {grid.title}")
    where = st.container()
    st.header("Selected point")
    cell = pick_cell(grid)
    with where:
        VIEWS[view](grid, export, cell)
    draw_numbers_to_click(grid)
    draw_cell(grid, cell, export)
    if view == "Maps":
        st.header("All points")
        draw_numbers(grid, export)
    export.offer("sweep")


st.title("Sweeps of λ and μ")
draw_guide("sweeps")
here = sources.settings()
runs, sweeps = read_now(here)
requests = [request for request, _ in sweeps]
if not here.read_only:
    draw_form(here, runs)
busy = is_sweeping(sweeps)
st.fragment(watch, run_every=1.0 if busy else None, key="sweeps")(here, [(runs, sweeps)], busy)
with st.sidebar:
    grid = pick_grid(runs, [request.family for request in requests[:1]])
if grid is None:
    st.info("No run has finished yet. Launch a sweep to fill this page with maps.")
    draw_first_step()
    st.stop()
draw_grid(grid)
