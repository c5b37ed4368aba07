"""Live: the weights of several runs on one axis, moving as training goes; scrub back and play."""

import numpy as np
import streamlit as st

from dashboard import sources
from dashboard.figures.histograms import histogram_figure
from dashboard.figures.histories import history_panels, phase_figure
from dashboard.frames import histogram_edges, histogram_frame, history_frame, moments, snapshot_at, unique_labels
from dashboard.live_charts import live_chart
from dashboard.navigation import PAGES, pick_runs
from dashboard.playback import choose_epoch, is_playing
from dashboard.queue_panel import ICONS, attend, is_busy
from engine.minmax.fuzziness import near_zero_count
from engine.runs.overview import RunOverview

LAYERS = {"conv1": "First convolution", "conv2": "Second convolution"}
TICK, FRAME = 1.0, 0.35

here = sources.settings()
st.title("Watch weights move")
everything = sources.runs()
if not everything:
    st.info("Nothing has been trained here yet.")
    st.page_link(PAGES["home"], label="Train a first pair", icon=":material/play_arrow:")
    st.stop()

chosen = pick_runs(everything, "Runs")
if not chosen:
    st.info("Choose the runs to be shown.")
    st.stop()
layer_place, bins_place, range_place, scale_place = st.columns([4, 3, 2, 2], vertical_alignment="bottom")
layer = layer_place.segmented_control(
    "Layer", list(LAYERS), default="conv1", required=True, format_func=LAYERS.__getitem__, key="layer"
)
bins = bins_place.slider("Bins", 11, 151, 61, step=10, key="bins")
whole = range_place.toggle("Whole range", key="whole", help="Reach to the farthest weight, however few are out there")
log_counts = scale_place.toggle("Log counts", value=True, key="log", help="Few weights go far: a log axis shows them")


def draw() -> None:
    """Everything that moves; alone rerun while runs train or play."""
    runs = sources.runs([run.run_id for run in chosen])
    records = {run.run_id: sources.history(run.run_id) for run in runs}
    attend(here, runs)
    draw_states(runs)
    epochs = moments(records)
    if not epochs:
        st.info("Waiting for the first snapshot.", icon=":material/hourglass_top:")
    else:
        epoch = choose_epoch(epochs, live=is_busy(runs))
        draw_charts(runs, records, epoch, at_end=epoch >= epochs[-1])
    if (was_busy and not is_busy(runs)) or was_playing != is_playing():
        st.rerun()


def draw_states(runs: list[RunOverview]) -> None:
    """Run by run: status, newest figures, and what went wrong."""
    for place, run in zip(st.columns(len(runs)), runs, strict=True):
        last = run.last or {}
        with place.container(border=True):
            st.markdown(f"{ICONS[run.status]} **{run.config.label}**")
            if run.job and run.status in ("running", "stopping"):
                st.progress(min(run.job.progress, 1.0), text=f"{run.status}, {run.job.message}")
            elif run.error:
                st.error(run.error)
            else:
                st.caption(run.status)
            if last:
                probe = "" if last["robust_accuracy"] is None else f", under attack {last['robust_accuracy']:.1%}"
                st.caption(f"epoch {last['epoch']:.1f}: clean {last['clean_accuracy']:.1%}{probe}")


def draw_charts(runs: list[RunOverview], records: dict[str, list[dict]], epoch: float, at_end: bool) -> None:
    """The histogram at `epoch`, and the histories with a cursor there."""
    shown = [run for run in runs if records[run.run_id] and layer in run.config.conv_layers]
    weights = {run.run_id: sources.conv_weights(run.run_id, layer) for run in shown}
    positions = {}
    for run in shown:
        position = snapshot_at(records[run.run_id], epoch)
        if position is not None and len(weights[run.run_id]):
            positions[run.run_id] = min(position, len(weights[run.run_id]) - 1)
    edges = histogram_edges(list(weights.values()), bins, whole)
    counts = histogram_frame(shown, weights, positions, edges)
    tipping = {run.config.tipping_point for run in shown} - {None}
    guide = tipping.pop() if len(tipping) == 1 else None
    figure = histogram_figure(
        counts, LAYERS[layer], log_counts, tipping_point=guide if guide is not None and guide < edges[-1] else None
    )
    names = unique_labels(runs)
    now = {names[run.run_id]: weights[run.run_id][positions[run.run_id]] for run in shown if run.run_id in positions}
    near = ", ".join(f"{label}: {near_zero_count(values)} near zero" for label, values in now.items())
    live_chart(figure, key="histogram", height=430, alt=f"Histogram of weights at epoch {epoch:.1f}. {near}")
    beyond = [
        f"{label}: {far.size}, the farthest at {far[np.abs(far).argmax()]:.3g}"
        for label, values in now.items()
        if (far := values[np.abs(values) > edges[-1]]).size
    ]
    if beyond:
        st.caption(f"Counted in the outermost bins, since they lie beyond the axis: {'; '.join(beyond)}.")
    frame = history_frame(shown, records, layer)
    cursor = None if at_end else epoch
    live_chart(
        history_panels(frame, "What became of the runs", cursor=cursor),
        key="histories",
        height=560,
        alt="Fuzziness, near-zero count, loss and accuracies over epochs",
    )
    live_chart(
        phase_figure(frame, cursor=cursor),
        key="phase",
        height=430,
        alt="Each run's path through the plane of fuzziness and probed robust accuracy",
    )


was_busy, was_playing = is_busy(chosen), is_playing()
st.fragment(draw, run_every=FRAME if was_playing else TICK if was_busy else None, key="live")()
st.caption(
    "Accuracy under attack is a light probe while training: PGD, 10 steps, on 256 fixed test images. "
    "Clean accuracy is of 1,000 fixed test images. For numbers to report, see Robustness."
)
