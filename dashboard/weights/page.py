"""Weights: the weights of any runs, at one epoch or over the whole training; live while they train."""

from collections.abc import Sequence
from typing import NamedTuple

import streamlit as st

from dashboard import sources
from dashboard.frames.histories import moments
from dashboard.jobs.queue_panel import attend, is_busy
from dashboard.navigation import draw_first_step, pick_runs
from dashboard.settings import Settings
from dashboard.ui.page_export import PageExport
from dashboard.ui.playback import choose_epoch, frame_interval, is_following, is_playing, obey_address
from dashboard.weights.controls import View, pick_view_settings
from dashboard.weights.download import draw_downloads
from dashboard.weights.exhibits import Moment, draw_comparison, draw_histories, draw_pictures
from dashboard.weights.states import draw_states
from engine.queue.overview import RunOverview

TICK = 1.0  # seconds between two looks at runs that train


class Pace(NamedTuple):
    """How often the page looks again: at every tick while runs train, at every frame while it plays."""

    is_busy: bool
    is_playing: bool
    frame: float

    @property
    def seconds(self) -> float | None:
        """None while nothing moves."""
        return self.frame if self.is_playing else TICK if self.is_busy else None


def pace_of(runs: list[RunOverview]) -> Pace:
    return Pace(is_busy(runs), is_playing(), frame_interval())


def pick_chosen(everything: list[RunOverview]) -> list[RunOverview]:
    """The runs to show; the page ends with a next step where there are none."""
    if not everything:
        st.info("Nothing has been trained here yet.")
        draw_first_step()
        st.stop()
    chosen = pick_runs(everything, "Runs")
    if not chosen:
        st.info("Choose the runs to be shown.")
        st.stop()
    return chosen


def watch(here: Settings, run_ids: Sequence[str], view: View, before: Pace) -> None:
    """Everything that moves, alone drawn again at its pace; the whole page once more when the pace changes."""
    runs = sources.runs(run_ids)
    records = sources.histories(runs)
    attend(here, runs)
    draw_states(runs)
    if epochs := moments(records):
        epoch = choose_epoch(epochs, live=is_busy(runs))
        passing = is_playing() or (is_busy(runs) and is_following())
        draw_moment(Moment(runs, records, epoch, passing), view, is_last=epoch >= epochs[-1])
    else:
        st.info("Waiting for the first snapshot.", icon=":material/hourglass_top:")
    now = pace_of(runs)
    if (before.is_busy and not now.is_busy) or before[1:] != now[1:]:
        st.rerun()


def draw_moment(moment: Moment, view: View, is_last: bool) -> None:
    """Pictures, histories and numbers, and the file of them."""
    export = PageExport(f"Weights at epoch {moment.epoch:.2f}")
    draw_pictures(export, moment, view)
    draw_histories(export, moment, view, cursor=None if is_last else moment.epoch)
    draw_comparison(export, moment, view)
    export.offer("weights")


st.title("Watch weights move")
here = sources.settings()
chosen = pick_chosen(sources.runs())
view = pick_view_settings(chosen)
if view is None:
    st.info("Choose a layer.")
    st.stop()
obey_address()
pace = pace_of(chosen)
st.fragment(watch, run_every=pace.seconds, key="live")(here, [run.run_id for run in chosen], view, pace)
st.caption(
    "Accuracy under attack is a light probe while training: PGD, 10 steps, on 256 fixed test images. "
    "Clean accuracy is of 1,000 fixed test images. For numbers to report, see Robustness."
)
draw_downloads(here, chosen)
