"""Start: the Min-Max property, played from recorded runs; and the one button that trains a pair here."""

import streamlit as st

from dashboard import sources
from dashboard.navigation import open_weights
from dashboard.settings import Settings
from dashboard.start.own_runs import draw_own_runs
from dashboard.start.story import draw_story
from engine.devices import worker_process_count
from engine.errors import InputError
from engine.formatting import duration
from engine.paper.presets import PRESETS
from engine.queue import client
from engine.queue.submission import submit_runs
from engine.studies.estimate import estimated_seconds


def draw_introduction() -> None:
    """Title, and the claim that is tested here."""
    st.title("The Min-Max property of LeNet")
    st.markdown(
        "Train with **CE + λ‖W‖₁ − μ‖W‖₂²** and the weights of a convolution part: most go to zero, a few go far "
        "away. Their *fuzziness* falls. The claim to be tested here is that the network then also withstands "
        "adversarial examples better, without ever having seen one."
    )


def draw_launch(here: Settings) -> None:
    """The first button: a pair trained here, and watched."""
    configs = PRESETS["demonstration"].request.configs()
    st.subheader("Train a pair yourself")
    if here.read_only:
        st.info("This laboratory is read-only: look around, nothing can be launched.", icon=":material/lock:")
    elif st.button("Train Std and Min-Max, and watch", type="primary", icon=":material/play_arrow:"):
        try:
            run_ids = submit_runs(here.store, here.queue, configs)
            client.start_worker(here.worker)
        except (InputError, OSError) as error:
            st.error(str(error))
            st.stop()
        open_weights(run_ids)
    seconds = estimated_seconds(configs, here.queue.rates(), worker_process_count("cpu"), "cpu")
    st.caption(
        "Two LeNets on MNIST mini, 4,000 digits that come with the project"
        + (f"; about {duration(seconds)} here." if seconds else "; well under a minute on two cores.")
    )


draw_introduction()
here = sources.settings()
runs, problems = sources.listing()
for problem in problems:
    st.warning(problem, icon=":material/folder_off:")
if recorded := sources.closest_watched(sources.shipped_runs()):
    draw_story(recorded)
draw_launch(here)
if own := [run for run in runs if not run.is_shipped]:
    draw_own_runs(own)
else:
    st.info("Nothing has been trained here yet. The button above is the quickest way to see something move.")
