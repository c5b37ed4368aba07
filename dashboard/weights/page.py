"""Weights: what becomes of the weights of any runs, at one epoch or over the whole training; live while they train."""

import streamlit as st

from dashboard import sources
from dashboard.figures.histories import history_panels, phase_figure
from dashboard.frames.comparison import comparison_frame
from dashboard.frames.histories import history_frame, moments, seed_groups, spread_frame
from dashboard.frames.labels import unique_labels
from dashboard.jobs.queue_panel import ICONS, attend, is_busy
from dashboard.navigation import PAGES, pick_runs
from dashboard.ui.page_export import PageExport
from dashboard.ui.plain_text import plain
from dashboard.ui.playback import choose_epoch, frame_interval, is_playing, obey_address
from dashboard.weights.comparison_table import COLUMN_CONFIG, in_words, readable
from dashboard.weights.download import draw_downloads
from dashboard.weights.views import LAYERS, VIEWS, LayerMoment, Look
from engine.queue.overview import RunOverview
from engine.runs.config import RunConfig

TICK = 1.0

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

what, which, settings = st.columns([6, 4, 2], vertical_alignment="bottom")
view = what.segmented_control(
    "Look at", list(VIEWS), default="Histogram", required=True, key="view", bind="query-params", wrap=True
)
view = view or "Histogram"  # an address may name none
layers = which.pills(
    "Layers",
    list(LAYERS),
    selection_mode="multi",
    default=["conv1"],
    format_func=LAYERS.__getitem__,
    key="layers",
    bind="query-params",
    wrap=True,
)
if not layers:
    st.info("Choose a layer.")
    st.stop()
labels = unique_labels(chosen)
several_seeds = any(len(group) > 1 for group in seed_groups(chosen).values())
with settings.popover("Settings", icon=":material/tune:", width="stretch"):
    look = Look(
        st.slider("Bins", 11, 151, 61, step=10, key="bins", bind="query-params"),
        st.toggle(
            "Whole range",
            key="whole",
            bind="query-params",
            help="Histograms reach to the farthest weight, however few are out there; filters share one color scale",
        ),
        st.toggle(
            "Log counts", value=True, key="log", bind="query-params", help="Few weights go far: a log axis shows them"
        ),
    )
    if st.session_state.get("reference") not in labels:
        st.session_state.pop("reference", None)
    reference = st.selectbox(
        "Compare with",
        list(labels),
        next((place for place, run in enumerate(chosen) if run.config.variant == "std"), 0),
        format_func=labels.__getitem__,
        key="reference",
        bind="query-params",
    )
    averaged = several_seeds and not st.toggle(
        "Every seed by itself",
        disabled=not several_seeds,
        key="each",
        bind="query-params",
        help="Else runs that differ only in their seed are one line, with a band of one standard deviation",
    )


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
        sheet = PageExport(f"Weights at epoch {epoch:.2f}")
        draw_pictures(sheet, runs, records, epoch)
        draw_histories(sheet, runs, records, None if epoch >= epochs[-1] else epoch)
        draw_comparison(sheet, runs, records, epoch)
        sheet.offer("weights")
    if (was_busy and not is_busy(runs)) or was_playing != is_playing() or interval != frame_interval():
        st.rerun()


def is_moving(runs: list[RunOverview]) -> bool:
    """Whether the moment on view is about to pass, so that nobody could take its numbers away."""
    return is_playing() or (is_busy(runs) and st.session_state.mode == "follow")


def draw_states(runs: list[RunOverview]) -> None:
    """Run by run: status, newest figures, and what went wrong."""
    names = unique_labels(runs)
    for place, run in zip(st.columns(len(runs)), runs, strict=True):
        last = run.last or {}
        with place.container(border=True):
            st.markdown(f"{ICONS[run.status]} **{plain(names[run.run_id])}**")
            if run.job and run.status in ("running", "stopping"):
                st.progress(min(run.job.progress, 1.0), text=f"{run.status}, {run.job.message}")
            elif run.error:
                st.error(run.error)
            if last:
                probe = "" if last["robust_accuracy"] is None else f", under attack {last['robust_accuracy']:.1%}"
                st.caption(f"{standing(run)}: clean {last['clean_accuracy']:.1%}{probe}")
            else:
                st.caption(run.status)


def standing(run: RunOverview) -> str:
    """How far a run is, in words."""
    if not isinstance(run.config, RunConfig):
        return run.config.length
    epoch = f"epoch {run.last['epoch']:.1f}" if run.last else "not begun"
    if run.is_shipped:
        return f"shipped, {epoch}"
    return epoch if run.status in ("running", "stopping") else f"{run.status}, {epoch}"


def moment_of(runs: list[RunOverview], records: dict[str, list[dict]], layer: str, epoch: float) -> LayerMoment:
    """A layer of those runs that have it and have begun."""
    shown = [run for run in runs if records[run.run_id] and layer in run.config.conv_layers]
    weights = {run.run_id: sources.conv_weights(run.run_id, layer) for run in shown}
    return LayerMoment(layer, epoch, shown, records, weights)


def draw_pictures(sheet: PageExport, runs: list[RunOverview], records: dict[str, list[dict]], epoch: float) -> None:
    """The chosen view of every chosen layer."""
    for layer in layers:
        picture = VIEWS[view](moment_of(runs, records, layer, epoch), look)
        table = None if is_moving(runs) else picture.table
        sheet.chart(picture.figure, key=f"{view} {layer}", height=picture.height, alt=picture.alt, table=table)
        if picture.caption:
            sheet.note(picture.caption)


def draw_histories(
    sheet: PageExport, runs: list[RunOverview], records: dict[str, list[dict]], cursor: float | None
) -> None:
    """What became of the runs, with a cursor at the moment shown."""
    shown = [run for run in runs if records[run.run_id]]
    for layer in layers:
        frame = history_frame(shown, records, layer)
        if averaged:
            frame = spread_frame(shown, frame)
        table = None if is_moving(runs) else frame
        title = LAYERS[layer]
        sheet.chart(
            history_panels(frame, "What became of the runs", layer_title=title, cursor=cursor),
            key=f"histories {layer}",
            height=560,
            alt=f"Fuzziness and near-zero count of the {title.lower()}, loss and accuracies over epochs",
            table=table,
        )
        sheet.chart(
            phase_figure(frame, layer_title=title, cursor=cursor),
            key=f"path {layer}",
            height=430,
            alt=f"Each run's path through the plane of fuzziness of the {title.lower()} and probed robust accuracy",
            table=table,
        )


def draw_comparison(sheet: PageExport, runs: list[RunOverview], records: dict[str, list[dict]], epoch: float) -> None:
    """Run beside run in numbers, as multiples of the reference."""
    for layer in layers:
        moment = moment_of(runs, records, layer, epoch)
        if reference not in moment.positions:
            continue
        table = comparison_frame(moment.runs, moment.weights, records, moment.positions, reference, layer)
        title = f"{LAYERS[layer]} at epoch {epoch:.2f}, measured against {labels[reference]}"
        sheet.table(readable(table), key=f"comparison-{layer}", title=title, column_config=COLUMN_CONFIG)
        if words := in_words(table, reference):
            sheet.note(words)


obey_address()
was_busy, was_playing, interval = is_busy(chosen), is_playing(), frame_interval()
st.fragment(draw, run_every=interval if was_playing else TICK if was_busy else None, key="live")()
st.caption(
    "Accuracy under attack is a light probe while training: PGD, 10 steps, on 256 fixed test images. "
    "Clean accuracy is of 1,000 fixed test images. For numbers to report, see Robustness."
)
draw_downloads(here, chosen)
