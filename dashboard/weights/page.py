"""Weights: convolution weights of the chosen runs at one epoch or over the whole training, live while they train."""

from collections.abc import Sequence
from typing import NamedTuple

import streamlit as st

from dashboard import sources
from dashboard.frames.histories import POINTS, moments
from dashboard.jobs.queue_panel import attend, is_busy
from dashboard.navigation import draw_first_step
from dashboard.selection import pick_runs
from dashboard.settings import Settings
from dashboard.ui.page_export import PageExport
from dashboard.ui.playback import choose_epoch, frame_interval, is_following, is_playing, obey_address
from dashboard.weights.controls import View, pick_view_settings
from dashboard.weights.download import draw_downloads
from dashboard.weights.exhibits import Moment, draw_comparison, draw_histories, draw_pictures
from dashboard.weights.states import draw_states
from engine.queue.overview import RunOverview

TICK = 1.0  # seconds between updates while runs train


class Pace(NamedTuple):
    """Update interval of the page: a tick while runs train, a frame while the page plays."""

    is_busy: bool
    is_playing: bool
    frame: float

    @property
    def seconds(self) -> float | None:
        """Seconds between updates; None if nothing changes."""
        return self.frame if self.is_playing else TICK if self.is_busy else None


def pace_of(runs: list[RunOverview]) -> Pace:
    return Pace(is_busy(runs), is_playing(), frame_interval())


def watch(here: Settings, run_ids: Sequence[str], view: View, before: Pace) -> None:
    """Draw everything that changes. Only this fragment reruns at its pace; the page reruns when the pace changes."""
    runs = sources.runs(run_ids)
    records = sources.histories(runs)
    attend(here, runs)
    draw_states(runs)
    if epochs := moments(records, POINTS, held=st.session_state.get("moment")):
        epoch = choose_epoch(epochs, live=is_busy(runs))
        passing = is_playing() or (is_busy(runs) and is_following())
        draw_moment(Moment(runs, records, epoch, passing), view, is_last=epoch >= epochs[-1])
    else:
        st.info("Waiting for the first snapshot.", icon=":material/hourglass_top:")
    now = pace_of(runs)
    if (before.is_busy and not now.is_busy) or before[1:] != now[1:]:
        st.rerun()


def draw_moment(moment: Moment, view: View, is_last: bool) -> None:
    """Draw the charts, histories and tables of an epoch, and the button that exports them."""
    export = PageExport(f"Weights at epoch {moment.epoch:.2f}")
    draw_pictures(export, moment, view)
    draw_histories(export, moment, view, cursor=None if is_last else moment.epoch)
    draw_comparison(export, moment, view)
    export.offer("weights")


st.title("Weights during training")
here = sources.settings()
everything = sources.runs()
chosen = pick_runs(everything).shown
if not chosen:
    st.info("No runs have been trained here yet.")
    draw_first_step()
    st.stop()
view = pick_view_settings(chosen)
if view is None:
    st.info("Choose at least one layer.")
    st.stop()
obey_address()
pace = pace_of(chosen)
st.fragment(watch, run_every=pace.seconds, key="live")(here, [run.run_id for run in chosen], view, pace)
st.caption(
    "Accuracy under attack is a fast probe during training: by default PGD with 10 steps on 256 fixed test images. "
    "Clean accuracy is measured on 1,000 fixed test images. For numbers to report, use the Robustness page."
)
draw_downloads(here, chosen)
