"""Start: the Min-Max property, played from recorded runs; and the one button that trains a pair here."""

import pandas as pd
import streamlit as st

from dashboard import sources
from dashboard.figures.story import story_figure
from dashboard.frames.comparison import comparison_frame
from dashboard.frames.histograms import histogram_edges
from dashboard.frames.histories import history_frame
from dashboard.frames.weights import density_frame
from dashboard.jobs.queue_panel import duration
from dashboard.navigation import PAGES, open_weights
from dashboard.start.recorded import closest_watched
from dashboard.ui.page_export import PageExport
from dashboard.ui.tables import draw_table
from dashboard.weights.comparison_table import COLUMN_CONFIG, in_words, readable
from engine.devices import slot_count
from engine.errors import InputError
from engine.paper.presets import PRESETS
from engine.queue.client import start_worker
from engine.queue.overview import RunOverview
from engine.queue.submission import submit_runs
from engine.runs.variants import VARIANTS
from engine.studies.estimate import estimated_seconds

LAYER, TITLE = "conv1", "First convolution"
STORY = ("std", "adv", "min-max")
OWN_CONFIG = COLUMN_CONFIG | {"Clean accuracy, test set (%)": st.column_config.NumberColumn(format="%.1f")}

here = sources.settings()
runs, problems = sources.listing()
recorded = closest_watched(sources.shipped_runs())


def draw_story() -> None:
    """Recorded runs, from initialization to the end, on one time axis."""
    names = st.pills(
        "Recorded runs",
        [variant for variant in VARIANTS if variant in recorded],
        selection_mode="multi",
        default=[variant for variant in STORY if variant in recorded],
        format_func=VARIANTS.__getitem__,
        key="story",
        bind="query-params",
    )
    if not names:
        st.info("Choose the runs to be played.")
        return
    shown = [recorded[variant] for variant in VARIANTS if variant in names]
    records = {run.run_id: sources.history(run.run_id, sources.shipped()) for run in shown}
    weights = {run.run_id: sources.conv_weights(run.run_id, LAYER, sources.shipped()) for run in shown}
    sheet = PageExport("The Min-Max property of LeNet")
    density = density_frame(shown, weights, records, histogram_edges(list(weights.values()), 61, whole=False))
    history = history_frame(shown, records, LAYER)
    last = {run.run_id: len(weights[run.run_id]) - 1 for run in shown}
    reference = recorded.get("std", shown[0]).run_id
    comparison = comparison_frame(shown, weights, records, last, reference, LAYER)
    words = in_words(comparison, reference)
    sheet.chart(
        story_figure(density, history, TITLE),
        key="story-film",
        height=620,
        alt=f"Weights of the recorded runs from initialization to the end. {words}",
        table=density.merge(history[["run_id", "epoch", "fuzziness", "near_zero_count"]], on=["run_id", "epoch"]),
        autoplay=True,
    )
    spec = shown[0].config.dataset_spec
    sheet.note(f"Recorded and shipped with the project: {spec.title}, {shown[0].config.length}, one seed. {words}")
    draw_links(shown)
    sheet.table(readable(comparison), key="story-table", title="At the end of training", column_config=COLUMN_CONFIG)
    sheet.offer("min-max-property")


def draw_links(shown: list[RunOverview]) -> None:
    """On to the same runs, in detail."""
    chosen = {"runs": [run.run_id for run in shown]}
    with st.container(horizontal=True):
        st.page_link(PAGES["weights"], label="Their weights", icon=":material/monitoring:", query_params=chosen)
        st.page_link(PAGES["robustness"], label="Under attack", icon=":material/shield:", query_params=chosen)
        st.page_link(PAGES["examples"], label="Their images", icon=":material/image_search:", query_params=chosen)
        st.page_link(PAGES["paper"], label="The paper's tables and claims", icon=":material/article:")


def draw_launch() -> None:
    """The first button: a pair trained here, and watched."""
    preset = PRESETS["demonstration"]
    st.subheader("Train a pair yourself")
    if here.read_only:
        st.info("This laboratory is read-only: look around, nothing can be launched.", icon=":material/lock:")
    elif st.button("Train Std and Min-Max, and watch", type="primary", icon=":material/play_arrow:"):
        try:
            run_ids = submit_runs(here.store, here.queue, preset.request.configs())
            start_worker(here.worker)
        except (InputError, OSError) as error:
            st.error(str(error))
            st.stop()
        open_weights(run_ids)
    seconds = estimated_seconds(preset.request.configs(), here.queue.rates(), slot_count("cpu"), "cpu")
    st.caption(
        "Two LeNets on MNIST mini, 4,000 digits that come with the project"
        + (f"; about {duration(seconds)} here." if seconds else "; well under a minute on two cores.")
    )


def percent(share: float | None) -> float | None:
    """A fraction in percent; None stays None."""
    return None if share is None else 100 * share


def draw_own(own: list[RunOverview]) -> None:
    """What was trained or imported here."""
    st.subheader("Runs here")
    rows = [
        {
            "Run": run.config.label,
            "Data": run.config.dataset_spec.title,
            "Status": run.status,
            "Clean accuracy, test set (%)": percent(run.document()["clean_accuracy"]),
            "Under attack, probe (%)": percent(run.document()["probed_robust_accuracy"]),
            "Fuzziness (nats)": run.document().get("conv1_fuzziness"),
            "Near zero": run.document().get("conv1_near_zero"),
        }
        for run in own[:20]
    ]
    draw_table(pd.DataFrame(rows), key="own-runs", name="Runs here", column_config=OWN_CONFIG)
    st.page_link(PAGES["weights"], label=f"Watch or replay the newest of {len(own)}", icon=":material/monitoring:")


st.title("The Min-Max property of LeNet")
st.markdown(
    "Train with **CE + λ‖W‖₁ − μ‖W‖₂²** and the weights of a convolution part: most go to zero, a few go far away. "
    "Their *fuzziness* falls. The claim to be tested here is that the network then also withstands adversarial "
    "examples better, without ever having seen one."
)
for problem in problems:
    st.warning(problem, icon=":material/folder_off:")
if recorded:
    draw_story()
draw_launch()
if own := [run for run in runs if not run.is_shipped]:
    draw_own(own)
else:
    st.info("Nothing has been trained here yet. The button above is the quickest way to see something move.")
