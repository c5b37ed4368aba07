"""Transfer: adversarial images made on one run, classified by the others."""

from collections.abc import Mapping, Sequence

import pandas as pd
import streamlit as st

from dashboard import measured
from dashboard.figures.coloring import Styles
from dashboard.figures.transfers import transfer_figure
from dashboard.frames.labels import unique_labels
from dashboard.frames.transfers import accuracy_matrix, transfer_frame
from dashboard.jobs.measurement_panel import measure_and_rerun
from dashboard.robustness.transfer_images import draw_pair
from dashboard.settings import Settings
from dashboard.ui.commands import draw_commands
from dashboard.ui.errors import draw_error
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

MADE_ON = "Source ↓, target →"
COLUMNS = {
    "source": "Source",
    "target": "Target",
    "accuracy": "Correct (%)",
    "clean_accuracy": "No attack (%)",
    "n_fooling": "Fool source",
    "n_transferred": "Fool both",
    "rate": "Transfer rate (%)",
    "low": "from",
    "high": "to",
    "n_wrong_clean": "Wrong without attack",
}
PERCENT = ("accuracy", "clean_accuracy", "rate", "low", "high")


def draw_transfer_form(here: Settings, chosen: list[RunOverview]) -> None:
    """Draw the form for transfer; a button queues the missing rows of the matrix."""
    with st.expander(
        "Measure transfer between these runs",
        icon=":material/swap_horiz:",
        expanded=not matrices_of(chosen),
    ):
        if len(chosen) < 2:
            st.info("Choose at least two runs to measure transfer between them.")
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
            draw_error(error)
            return
        st.caption(
            "Each run is attacked, unless it already was, and all runs classify the adversarial images. Equivalent "
            "command:"
        )
        draw_commands(request.command(run_ids))
        draw_button(here, run_ids, request)


def draw_button(here: Settings, run_ids: Sequence[str], request: TransferRequest) -> None:
    """Draw a button that queues the incomplete rows of the matrix."""
    keys = {(request.protocol_id, request.attack, target) for target in run_ids}
    missing = [run_id for run_id in run_ids if not keys <= measured.transfers(run_id).keys()]
    word = "Measure transfer"
    if 0 < len(missing) < len(run_ids):
        word = f"Measure {len(missing)} of {len(run_ids)} rows"
    help_text = "Queues one job per incomplete row" if missing else "All rows have been measured"
    if st.button(word, type="primary", icon=":material/swap_horiz:", help=help_text, disabled=not missing):
        measure_and_rerun(here, missing, [request])


def draw_transfer(here: Settings, chosen: list[RunOverview], export: PageExport, styles: Styles) -> None:
    """Draw the transfer matrix, the images of the chosen cell, and the transfer rates."""
    matrices = matrices_of(chosen)
    if not matrices:
        hint = "" if here.read_only else " Measure it above."
        st.info(f"Transfer between these runs has not been measured yet.{hint}")
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
        alt="Accuracy in percent: one row per source run, one column per target run",
        table=frame,
    )
    export.note(
        "Each number is the accuracy of the target (column) on adversarial images made on the source (row), over all "
        "images. Images that the source misclassifies without an attack are not perturbed; images that the target "
        "misclassifies without an attack count as wrong. Framed cells: a network's own images (white-box). All other "
        "images were made without access to the target."
    )
    if transfers[0].attack.minimizes:
        export.note(
            f"{transfers[0].attack.name} has no ball: each image is perturbed as much as is needed to fool its source."
        )
    pair = pick_pair(matrix, frame)
    if pair is not None:
        draw_pair(export, chosen, next(one for one in transfers if (one.source, one.target) == pair), styles)
    draw_rates(export, frame, words)


def matrices_of(chosen: Sequence[RunOverview]) -> dict[str, list[Transfer]]:
    """Transfers among these runs by protocol and attack; the matrix with the most cells comes first."""
    run_ids, found = {run.run_id for run in chosen}, {}
    for run in chosen:
        for (protocol, attack, target), transfer in measured.transfers(run.run_id).items():
            if target in run_ids:
                found.setdefault(f"{protocol} {attack}", []).append(transfer)
    return dict(sorted(found.items(), key=lambda item: (-len(item[1]), -item[1][0].n)))


def pick_matrix(matrices: Mapping[str, list[Transfer]]) -> list[Transfer]:
    """Draw a choice among several matrices, kept in the URL."""
    forget_unknown("matrix", matrices)
    if len(matrices) == 1:
        return next(iter(matrices.values()))
    words = {key: f"{transfers[0].words}; pairs: {len(transfers)}" for key, transfers in matrices.items()}
    return matrices[
        st.selectbox("Images", list(words), format_func=words.__getitem__, key="matrix", bind="query-params")
    ]


def pick_pair(matrix: pd.DataFrame, frame: pd.DataFrame) -> tuple[str, str] | None:
    """Run ids of source and target of the chosen cell; initially the cell with the most transferred images."""
    st.markdown("**Click a number to show its images**")
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
    """Draw a table of the transfer rates between different networks."""
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
        title=f"Transfer rates: {words}",
        column_config={COLUMNS[name]: one_decimal for name in PERCENT},
    )
    export.note(
        "The transfer rate is the share of the images that fool the source (correct without, wrong under the attack) "
        "that the target also misclassifies; from and to are its 95 % Wilson interval. Wrong without attack: the "
        "number of images fooling the source that the target misclassifies even without the attack."
    )
