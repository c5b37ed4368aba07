"""Start: what the laboratory shows, and the one button that shows it."""

import streamlit as st

from dashboard import sources
from dashboard.navigation import PAGES, open_live
from dashboard.queue_panel import duration
from engine.errors import InputError
from engine.paper.presets import PRESETS
from engine.runs.estimate import estimated_seconds
from engine.runs.planner import slot_count
from engine.runs.submission import submit_runs
from engine.runs.worker import start_worker

here = sources.settings()
runs, problems = sources.listing()
preset = PRESETS["demonstration"]

st.title("The Min-Max property of LeNet")
left, right = st.columns([3, 2], gap="large")
with left:
    st.markdown(
        "Train with **CE + λ‖W‖₁ − μ‖W‖₂²** and the weights of a convolution part: most go to zero, a few go far away. "
        "Their *fuzziness* falls. The claim to be tested here is that the network then also withstands adversarial "
        "examples better, without ever having seen one."
    )
    if here.read_only:
        st.info("This laboratory is read-only: look around, nothing can be launched.", icon=":material/lock:")
    elif st.button("Train Std and Min-Max, and watch", type="primary", icon=":material/play_arrow:"):
        try:
            run_ids = submit_runs(here.store, here.queue, preset.request.configs())
            start_worker(here.worker)
        except (InputError, OSError) as error:
            st.error(str(error))
            st.stop()
        open_live(run_ids)
    seconds = estimated_seconds(preset.request.configs(), here.queue.rates(), slot_count("cpu"), "cpu")
    st.caption(
        "Two LeNets on MNIST mini, 4,000 digits that come with the project"
        + (f"; about {duration(seconds)} here." if seconds else "; well under a minute on two cores.")
    )
with right:
    st.markdown(
        "1. **Launch** runs: a preset, or your own λ, μ, seeds and data.\n"
        "2. **Live**: histograms of the weights moving, fuzziness and accuracy under attack.\n"
        "3. **Robustness**: six attacks, run beside run.\n"
        "4. **Examples**: the adversarial images themselves."
    )

for problem in problems:
    st.warning(problem, icon=":material/folder_off:")
if runs:
    st.subheader("Runs here")
    finished = [run for run in runs if run.status == "finished"]
    table = [
        {
            "Run": run.config.label,
            "Data": run.config.dataset_spec.title,
            "Status": run.status,
            "Clean accuracy": run.document()["clean_accuracy"],
            "Probed robust accuracy": run.document()["probed_robust_accuracy"],
            "conv1 fuzziness": run.document().get("conv1_fuzziness"),
            "Near zero": run.document().get("conv1_near_zero"),
        }
        for run in runs[:20]
    ]
    percent = st.column_config.NumberColumn(format="percent")
    st.dataframe(
        table,
        hide_index=True,
        column_config={
            "Clean accuracy": percent,
            "Probed robust accuracy": percent,
            "conv1 fuzziness": st.column_config.NumberColumn(format="%.4f"),
        },
    )
    st.page_link(PAGES["live"], label=f"Watch or replay the newest of {len(runs)}", icon=":material/monitoring:")
else:
    st.info("Nothing has been trained here yet. The button above is the quickest way to see something move.")
