"""Start: the Min-Max property as an animation of recorded runs, and a button that trains a first pair of runs."""

import streamlit as st

from dashboard import sources
from dashboard.navigation import open_weights
from dashboard.settings import Settings
from dashboard.start.own_runs import draw_own_runs
from dashboard.start.story import draw_story
from dashboard.ui.errors import draw_error
from dashboard.ui.plain_text import plain
from engine.devices import worker_process_count
from engine.errors import InputError
from engine.formatting import duration
from engine.paper.presets import PRESETS
from engine.queue import client
from engine.queue.submission import submit_runs
from engine.studies.estimate import estimated_seconds


def draw_introduction() -> None:
    """Draw the title and the claim under test."""
    st.title("The Min-Max property of LeNet")
    st.markdown(
        "Training with **CE + λ‖W‖₁ − μ‖W‖₂²** separates the weights of a convolution: most go to zero, and a few grow "
        "large. Their *fuzziness* falls. The claim under test: the network also becomes more robust to adversarial "
        "examples, without adversarial training."
    )


def draw_launch(here: Settings) -> None:
    """Draw the button that trains a first pair of runs and opens the Weights page."""
    request = PRESETS["demonstration"].request
    st.subheader("Your first pair of runs")
    if here.read_only:
        st.info("This laboratory is read-only. You can view all results but not launch runs.", icon=":material/lock:")
    elif st.button("Train Std and Min-Max", type="primary", icon=":material/play_arrow:"):
        try:
            configs = request.on_data(here.worker.data_dir).configs()
            run_ids = submit_runs(here.store, here.queue, configs, here.worker.place)
            client.start_worker(here.worker)
        except (InputError, OSError) as error:
            draw_error(error)
            st.stop()
        open_weights(run_ids)
    seconds = estimated_seconds(request.configs(), here.queue.rates(), worker_process_count("cpu"), "cpu")
    st.caption(
        "Two LeNets on MNIST mini, 4,000 training images included with the project. "
        + (f"About {duration(seconds)} on this machine." if seconds else "Less than a minute on two cores.")
    )


draw_introduction()
here = sources.settings()
runs, problems = sources.listing()
for problem in problems:
    st.warning(plain(problem.sentence), icon=":material/folder_off:")
if recorded := sources.closest_watched(sources.shipped_runs()):
    draw_story(recorded)
draw_launch(here)
if own := [run for run in runs if not run.is_shipped]:
    draw_own_runs(own)
else:
    st.info("No runs have been trained here yet. The button above trains a first pair.")
