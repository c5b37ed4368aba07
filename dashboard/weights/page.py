"""Weights: convolution weights of the chosen runs at one epoch or over the whole training, live while they train."""

from collections.abc import Sequence

import streamlit as st

from dashboard import sources
from dashboard.frames.histories import POINTS, moments
from dashboard.guide import draw_guide
from dashboard.jobs.queue_panel import attend, is_busy
from dashboard.navigation import draw_first_step
from dashboard.selection import pick_runs
from dashboard.settings import Settings
from dashboard.ui.page_export import PageExport
from dashboard.ui.playback import choose_epoch, is_following, obey_address
from dashboard.weights.controls import View, pick_view_settings
from dashboard.weights.download import draw_downloads
from dashboard.weights.exhibits import Moment, draw_comparison, draw_histories, draw_pictures
from dashboard.weights.states import draw_states

TICK = 1.0  # seconds between updates while runs train


def watch(here: Settings, run_ids: Sequence[str], view: View, was_busy: bool) -> None:
    """Draw everything that changes. While runs train, only this fragment reruns; the page does when they have ended."""
    runs = sources.runs(run_ids)
    records = sources.histories(runs)
    attend(here, runs)
    draw_states(runs, records, view.look.styles)
    if epochs := moments(records, POINTS, held=st.session_state.get("moment")):
        now = choose_epoch(epochs, live=is_busy(runs), of=tuple(run_ids))
        passing = is_busy(runs) and is_following()
        draw_moment(Moment(runs, records, now.epoch, passing, now.name, now.film), view, last=epochs[-1])
    else:
        st.info("Waiting for the first snapshot.", icon=":material/hourglass_top:")
    if was_busy and not is_busy(runs):
        st.rerun()


def draw_moment(moment: Moment, view: View, last: float) -> None:
    """Draw the charts, histories and tables of an epoch, and the button that exports them."""
    export = PageExport(f"Weights at epoch {moment.epoch:.2f}")
    draw_pictures(export, moment, view)
    draw_histories(export, moment, view, last)
    draw_comparison(export, moment, view)
    export.offer("weights")


st.title("Weights during training")
draw_guide("weights")
here = sources.settings()
everything = sources.runs()
selection = pick_runs(everything)
chosen = selection.shown
if not chosen:
    st.info("No runs have been trained here yet.")
    draw_first_step()
    st.stop()
with st.sidebar:
    view = pick_view_settings(chosen, selection.styles)
if view is None:
    st.info("Choose at least one layer.")
    st.stop()
obey_address()
busy = is_busy(chosen)
st.fragment(watch, run_every=TICK if busy else None, key="live")(here, [run.run_id for run in chosen], view, busy)
st.caption(
    "Accuracy under attack is a fast probe during training: by default PGD with 10 steps on 256 fixed test images. "
    "Clean accuracy is measured on 1,000 fixed test images. For numbers to report, use the Robustness page."
)
draw_downloads(here, chosen)
