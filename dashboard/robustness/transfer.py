"""Images made on one run, shown to the others: who falls for whose adversarial images."""

from collections.abc import Mapping, Sequence

import pandas as pd
import streamlit as st

from dashboard import measured
from dashboard.figures.transfers import transfer_figure
from dashboard.frames.labels import unique_labels
from dashboard.frames.transfers import accuracy_matrix, transfer_frame
from dashboard.jobs.measurement_panel import queue_measurements
from dashboard.robustness.transfer_images import draw_pair
from dashboard.settings import Settings
from dashboard.ui.page_export import PageExport
from dashboard.ui.widgets import forget_unknown, number, pick_unit
from engine.attacks.catalog import ATTACKS
from engine.attacks.threat import ThreatModel
from engine.errors import InputError
from engine.formatting import MISSING
from engine.measurements.transfer.request import TransferRequest
from engine.queue.overview import RunOverview
from engine.robustness.transfer import Transfer
from engine.validation import validated

MADE_ON = "Made on ↓, shown to →"
COLUMNS = {
    "source": "Made on",
    "target": "Shown to",
    "accuracy": "Correct (%)",
    "clean_accuracy": "No attack (%)",
    "n_fooling": "Fool their own",
    "n_transferred": "Fool both",
    "rate": "Transfer rate (%)",
    "low": "from",
    "high": "to",
    "n_wrong_clean": "Wrong anyway",
}
PERCENT = ("accuracy", "clean_accuracy", "rate", "low", "high")


def draw_transfer_form(here: Settings, chosen: list[RunOverview]) -> None:
    """Which images to make; a button queues a row of the matrix for every run that lacks one."""
    with st.expander(
        "Show each run's adversarial images to all of them",
        icon=":material/swap_horiz:",
        expanded=not matrices_of(chosen),
    ):
        if len(chosen) < 2:
            st.info("Choose another run: it takes two to see what transfers.")
            return
        paper = chosen[0].config.dataset_spec.epsilon
        places = st.columns(4)
        names = list(ATTACKS)
        attack = places[0].selectbox("Attack", names, names.index("pgd"), key="transfer-attack")
        samples = number(places[1], "Test images", TransferRequest, "samples", 200, "transfer-samples")
        epsilon = number(places[2], "ε", ThreatModel, "epsilon", paper, f"transfer-epsilon-{paper}")
        unit = pick_unit(places[3], "transfer-unit")
        run_ids = [run.run_id for run in chosen]
        try:
            threat = validated(ThreatModel, norm="linf", epsilon=epsilon, unit=unit)
            request = validated(TransferRequest, attack=attack, targets=run_ids, samples=samples, threat=threat)
        except InputError as error:
            st.error(str(error))
            return
        st.caption(
            "Each run is attacked, unless that was done before, and all of them classify its images. "
            "On the command line:"
        )
        st.code(request.command(run_ids), language="bash", wrap_lines=True)
        draw_button(here, run_ids, request)


def draw_button(here: Settings, run_ids: Sequence[str], request: TransferRequest) -> None:
    """Queue the rows that are not complete, or all of them again."""
    keys = {(request.protocol_id, request.attack, target) for target in run_ids}
    missing = [run_id for run_id in run_ids if not keys <= measured.transfers(run_id).keys()]
    word = "Measure" if len(missing) in (0, len(run_ids)) else f"Measure {len(missing)} missing of {len(run_ids)} rows"
    help_text = "A job for every row that is not complete" if missing else "All of these were measured"
    if st.button(word, type="primary", icon=":material/swap_horiz:", help=help_text, disabled=not missing):
        queue_measurements(here, missing, [request])
        st.rerun()


def draw_transfer(here: Settings, chosen: list[RunOverview], export: PageExport) -> None:
    """The matrix, how much transfers in each of its cells, and the images behind the one that is clicked."""
    matrices = matrices_of(chosen)
    if not matrices:
        st.info("Nobody has shown these runs' adversarial images to one another yet.")
        return
    transfers = pick_matrix(matrices)
    labels = unique_labels(chosen)
    frame = transfer_frame(chosen, transfers)
    words = transfers[0].words
    matrix = accuracy_matrix(frame, list(labels.values()))
    clean = {target: 100 * accuracy for target, accuracy in zip(frame["target"], frame["clean_accuracy"], strict=True)}
    export.chart(
        transfer_figure(matrix, clean, f"Correctly classified (%): {words}"),
        key="transfer-matrix",
        height=190 + 52 * max(len(labels), 3),
        alt="Accuracy in percent, a row for the run the images were made on, a column for the run that classifies them",
        table=frame,
    )
    export.note(
        "Each number is the accuracy of the column's network on the images made on the row's, over all images: those "
        "it misclassifies anyway count as wrong, and those the row's network misclassifies anyway were not perturbed. "
        "Framed: a network's own images (white-box); the others were made without knowing the network that sees them."
    )
    if transfers[0].attack.minimizes:
        export.note(f"{transfers[0].attack.name} has no ball: each image is perturbed as much as its row needs.")
    pair = pick_pair(matrix, frame)
    if pair is not None:
        draw_pair(export, chosen, next(one for one in transfers if (one.source, one.target) == pair))
    draw_rates(export, frame, words)


def matrices_of(chosen: Sequence[RunOverview]) -> dict[str, list[Transfer]]:
    """Protocol and attack -> what was measured so among these runs; the fullest matrix first."""
    run_ids, found = {run.run_id for run in chosen}, {}
    for run in chosen:
        for (protocol, attack, target), transfer in measured.transfers(run.run_id).items():
            if target in run_ids:
                found.setdefault(f"{protocol} {attack}", []).append(transfer)
    return dict(sorted(found.items(), key=lambda item: (-len(item[1]), -item[1][0].n)))


def pick_matrix(matrices: Mapping[str, list[Transfer]]) -> list[Transfer]:
    """A choice where several were measured, remembered by the address."""
    forget_unknown("matrix", matrices)
    if len(matrices) == 1:
        return next(iter(matrices.values()))
    words = {key: f"{transfers[0].words}; pairs: {len(transfers)}" for key, transfers in matrices.items()}
    return matrices[
        st.selectbox("Images", list(words), format_func=words.__getitem__, key="matrix", bind="query-params")
    ]


def pick_pair(matrix: pd.DataFrame, frame: pd.DataFrame) -> tuple[str, str] | None:
    """Run ids of source and target of the cell that is clicked, at first of one where most transfers."""
    st.markdown("**Click a number to see its images**")
    pairs = frame.set_index(["source", "target"])
    first = frame.sort_values(["is_white_box", "n_transferred"], ascending=[True, False]).iloc[0]
    cell = (list(matrix.index).index(first["source"]), str(first["target"]))
    number_column = st.column_config.NumberColumn(format="%.1f")
    event = st.dataframe(
        matrix.reset_index(names=MADE_ON),
        hide_index=True,
        column_config={name: number_column for name in matrix.columns}
        | {MADE_ON: st.column_config.Column(pinned=True)},
        key=f"transfer-cells-{len(matrix)}",
        on_select="rerun",
        selection_mode="single-cell",
        selection_default={"selection": {"cells": [cell]}},
        placeholder=MISSING,
    )
    for row, column in event["selection"]["cells"]:
        if row < len(matrix) and (matrix.index[row], column) in pairs.index:
            source, target = pairs.loc[(matrix.index[row], column), ["source_id", "target_id"]]
            return str(source), str(target)
    return None


def draw_rates(export: PageExport, frame: pd.DataFrame, words: str) -> None:
    """All pairs of different networks in numbers."""
    others = frame.loc[~frame["is_white_box"], :]
    if others.empty:
        return
    table = (
        others.assign(**{name: 100 * others[name] for name in PERCENT}).loc[:, list(COLUMNS)].rename(columns=COLUMNS)
    )
    one_decimal = st.column_config.NumberColumn(format="%.1f")
    export.table(
        table,
        key="transfer-rates",
        title=f"What transfers: {words}",
        column_config={COLUMNS[name]: one_decimal for name in PERCENT},
    )
    export.note(
        "The transfer rate is, of the images that fool the network they were made on (right before the attack, wrong "
        "after it), the share that the other network gets wrong too; from and to are its 95 % interval (Wilson). "
        "Wrong anyway: those of them that the other network gets wrong without any attack."
    )
