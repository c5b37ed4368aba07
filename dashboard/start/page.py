"""Start: the Min-Max property in five scenes of recorded runs, and a button that trains a first pair of runs."""

from collections.abc import Sequence

import streamlit as st

from dashboard import sources
from dashboard.navigation import draw_link, open_weights
from dashboard.settings import Settings
from dashboard.start.next_pair import Pair, next_pair, pair_words
from dashboard.start.own_runs import draw_own_runs
from dashboard.start.recorded_table import draw_recorded_table
from dashboard.start.scenes import draw_scenes
from dashboard.ui.errors import draw_error
from dashboard.ui.page_export import PageExport
from dashboard.ui.plain_text import plain
from engine.devices import worker_process_count
from engine.errors import InputError
from engine.formatting import duration
from engine.queue import client
from engine.queue.overview import RunOverview
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


def draw_launch(here: Settings, runs: Sequence[RunOverview]) -> None:
    """Draw the button that trains the next pair of runs and opens the Weights page, and a link to the last pair."""
    try:
        pair = next_pair(here, runs)
    except (InputError, OSError) as error:
        draw_error(error)
        return
    if here.read_only:
        st.info("This laboratory is read-only. You can view all results but not launch runs.", icon=":material/lock:")
    else:
        with st.container(horizontal=True, vertical_alignment="center"):
            if st.button(pair_words(pair), type="primary", icon=":material/play_arrow:"):
                _train(here, pair)
            st.caption(_length_words(here, pair))
            if pair.last:
                draw_link("weights", f"Replay the pair of seed {pair.seed - 1}", pair.last, icon="replay")


def _length_words(here: Settings, pair: Pair) -> str:
    """What is trained, and how long it takes."""
    seconds = estimated_seconds(pair.configs, here.queue.rates(), worker_process_count("cpu"), "cpu")
    return "Two LeNets on MNIST mini, 4,000 training images included with the project. " + (
        f"About {duration(seconds)} on this machine." if seconds else "Less than a minute on two cores."
    )


def _train(here: Settings, pair: Pair) -> None:
    try:
        run_ids = submit_runs(here.store, here.queue, pair.configs, here.worker.place)
        client.start_worker(here.worker)
    except (InputError, OSError) as error:
        draw_error(error)
        st.stop()
    open_weights(run_ids)


draw_introduction()
here = sources.settings()
runs, problems = sources.listing()
for problem in problems:
    st.warning(plain(problem.sentence), icon=":material/folder_off:")
draw_launch(here, runs)
if (shipped := sources.shipped()) and (recorded := sources.closest_watched(sources.shipped_runs())):
    export = PageExport("The Min-Max property of LeNet")
    draw_scenes(export, recorded, shipped)
    draw_recorded_table(export, recorded, shipped)
    export.offer("min-max-property")
if own := [run for run in runs if not run.is_shipped and not run.labels.archived]:
    draw_own_runs(own)
else:
    st.info("No runs have been trained here yet. The button at the top trains a first pair.")
