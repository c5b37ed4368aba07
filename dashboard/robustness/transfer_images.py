"""Images of one cell of the transfer matrix, with the predictions of both networks."""

from collections.abc import Mapping, Sequence

import numpy as np
import streamlit as st

from dashboard import measured
from dashboard.figures.coloring import Styles
from dashboard.frames.labels import unique_labels
from dashboard.ui.example_cells import Arrays, build_grid
from dashboard.ui.example_grid import ExampleGrid
from dashboard.ui.page_export import PageExport
from dashboard.ui.widgets import forget_unknown
from engine.measurements.evaluation.survivors import CLEAN
from engine.measurements.transfer.request import TransferRequest
from engine.queue.overview import RunOverview
from engine.robustness.transfer import Transfer

IMAGES_AT_ONCE, IMAGES_ABREAST = 6, 3


def draw_pair(export: PageExport, chosen: Sequence[RunOverview], transfer: Transfer, styles: Styles) -> None:
    """Draw the transfer between two networks in words, and its images; those that fool both come first."""
    labels = unique_labels(chosen)
    export.note(pair_words(transfer, labels[transfer.source], labels[transfer.target]))
    if transfer.figures().rate is None:
        return
    outcomes = read_outcomes(transfer)
    if outcomes is None:
        st.info("The stored images are missing. Measure this row again.")
        return
    kept = min(len(found[measured.PICTURES]) for of_run in outcomes.values() for found in of_run.values())
    kept = min(kept, len(transfer.target_probabilities), len(transfer.target_probabilities_clean))
    colors = {run_id: styles[run_id].color for run_id in labels}
    roles = {
        transfer.target: f"target: {labels[transfer.target]}",
        transfer.source: f"source: {labels[transfer.source]}",
    }
    classes, attacks = chosen[0].config.dataset_spec.classes, [transfer.attack.name]
    draw_grids(
        export,
        [
            build_grid(roles, colors, outcomes, attacks, position, classes, transfer.labels[position])
            for position in pick_images(transfer, kept).tolist()
        ],
    )


def draw_grids(export: PageExport, grids: Sequence[ExampleGrid]) -> None:
    """Draw several grids, IMAGES_ABREAST in each row."""
    for start in range(0, len(grids), IMAGES_ABREAST):
        abreast = grids[start : start + IMAGES_ABREAST]
        for place, (column, grid) in enumerate(zip(st.columns(IMAGES_ABREAST), abreast, strict=False), start):
            with column:
                export.grid(grid, key=f"transferred-{place}")


def pair_words(transfer: Transfer, source: str, target: str) -> str:
    """Number and share of one network's adversarial images that fool another, with the 95 % interval."""
    figures = transfer.figures()
    if figures.rate is None or figures.low is None or figures.high is None:
        return f"None of the {figures.n} images fools the source, {source}."
    words = f"{figures.n_fooling} of the {figures.n} images fool the source, {source}."
    if transfer.is_white_box:
        return words
    rate, low, high = (f"{100 * value:.1f}" for value in (figures.rate, figures.low, figures.high))
    return (
        f"{words} {target} also misclassifies {figures.n_transferred} of them, {rate} % (95 % interval {low} to {high} "
        f"%), and {figures.n_wrong_clean} of them even without an attack."
    )


def pick_images(transfer: Transfer, kept: int) -> np.ndarray:
    """Positions of one page of the images that fool their source, with a choice whether they also fool the target."""
    both = np.flatnonzero((transfer.is_fooling & transfer.is_wrong)[:kept])
    one = np.flatnonzero((transfer.is_fooling & ~transfer.is_wrong)[:kept])
    kinds = {"Fool both": both, "Fool only the source": one}
    if transfer.is_white_box:
        kinds = {"Fool the network": both}
    kinds = {f"{name} ({len(found)} with pictures)": found for name, found in kinds.items() if len(found)}
    if not kinds:
        st.info(f"Pictures are stored for the first {kept:d} images only, and none of these fools the source.")
        return np.empty(0, np.int64)
    which, where = st.columns([2, 1], vertical_alignment="bottom")
    forget_unknown("transfer-kind", kinds)
    name = which.segmented_control(
        "Images",
        list(kinds),
        default=next(iter(kinds)),
        required=True,
        key="transfer-kind",
        label_visibility="collapsed",
    )
    found = kinds[name]
    last = -(-len(found) // IMAGES_AT_ONCE)
    if st.session_state.get("transfer-page", 1) > last:
        st.session_state.pop("transfer-page")
    page = where.number_input(f"Page of {last}", 1, last, key="transfer-page") if last > 1 else 1
    return found[(page - 1) * IMAGES_AT_ONCE : page * IMAGES_AT_ONCE]


def read_outcomes(transfer: Transfer) -> Mapping[str, Mapping[str, Arrays]] | None:
    """Images and predictions: run id -> CLEAN or attack -> arrays; None if the files differ from those measured.

    The source comes first. For a network's own images it is the only entry.
    """
    protocol, attack = transfer_protocol(transfer), transfer.attack.name
    pictures = {name: measured.pictures(transfer.source, protocol, name) for name in (CLEAN, attack)}
    said = {name: measured.examples(transfer.source, protocol, name) for name in (CLEAN, attack)}
    if not all(len(images) for images in pictures.values()):
        return None
    expected = {CLEAN: transfer.source_clean, attack: transfer.source_adversarial}
    if not all(np.array_equal(said[name]["predictions"], expected[name]) for name in said):
        return None
    own = {name: {**said[name], measured.PICTURES: pictures[name]} for name in said}
    other = {
        CLEAN: (transfer.target_clean, transfer.target_probabilities_clean),
        attack: (transfer.target_adversarial, transfer.target_probabilities),
    }
    shown = {
        name: {
            "predictions": np.array(predictions),
            "probabilities": np.array(probabilities),
            measured.PICTURES: pictures[name],
        }
        for name, (predictions, probabilities) in other.items()
    }
    return {transfer.source: own} | ({} if transfer.is_white_box else {transfer.target: shown})


def transfer_protocol(transfer: Transfer) -> str:
    """Id of the protocol of the evaluation that stored the images."""
    samples = transfer.samples or transfer.n
    request = TransferRequest(targets=(transfer.target,), samples=samples, threat=transfer.threat, seed=transfer.seed)
    return request.protocol_id
