"""Distribution of the smallest perturbation of each image: robustness without a choice of ε."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import streamlit as st

from dashboard import measured
from dashboard.figures.coloring import Styles, painted
from dashboard.figures.distances import NORMS, distance_figure
from dashboard.frames.distances import distance_frame, distance_summary
from dashboard.frames.labels import unique_labels
from dashboard.jobs.measurement_panel import measure_and_rerun
from dashboard.settings import Settings
from dashboard.ui.commands import draw_commands
from dashboard.ui.errors import draw_error
from dashboard.ui.page_export import PageExport
from dashboard.ui.protocol_picker import pick_protocol
from dashboard.ui.widgets import forget_unknown, number
from engine.attacks.attack_config import AttackConfig
from engine.attacks.catalog import ATTACKS
from engine.errors import InputError
from engine.measurements.evaluation.request import EvaluationRequest
from engine.measurements.evaluation.survivors import CLEAN
from engine.queue.overview import RunOverview
from engine.robustness.report import RobustnessReport, minimal_distances
from engine.runs.config import linf_threat
from engine.validation import validated

MINIMIZERS = sorted(name for name, attack in ATTACKS.items() if attack.minimizes)[::-1]
COLUMNS = {
    "label": "Run",
    "n": "Images",
    "n_correct": "Correct without attack",
    "share_found": "Found (%)",
    "lower_quartile": "Lower quartile",
    "median": "Median",
    "upper_quartile": "Upper quartile",
    "within": "Within the paper's ε",
    "remark": "Remark",
}


def draw_distances_form(here: Settings, chosen: list[RunOverview]) -> None:
    """Draw the form for the search; a button queues it for all runs."""
    with st.expander(
        "Search for the smallest perturbations",
        icon=":material/straighten:",
        expanded=not any(reports_of(chosen).values()),
    ):
        attacks = st.pills("Attacks", MINIMIZERS, selection_mode="multi", default=MINIMIZERS, key="distances-attacks")
        samples = number(st.columns(4)[0], "Test images", EvaluationRequest, "samples", 200, "distances-samples")
        threat = linf_threat(chosen[0].config.dataset_spec)
        try:
            request = validated(EvaluationRequest, attacks=tuple(attacks), samples=samples, threat=threat)
        except InputError as error:
            draw_error(error)
            return
        run_ids = [run.run_id for run in chosen]
        st.caption(
            "fab searches in l∞; deepfool (fast, less precise) and cw search in l2. ε does not change the "
            "perturbations found, only which of them count as within ε. Equivalent command:"
        )
        draw_commands(request.command(run_ids))
        if st.button("Search perturbations", type="primary", icon=":material/straighten:", key="distances-search"):
            measure_and_rerun(here, run_ids, [request])


def draw_distances(here: Settings, chosen: list[RunOverview], export: PageExport, styles: Styles) -> None:
    """Draw the share of images within each distance under one attack, and the quartiles."""
    reports = reports_of(chosen)
    protocol = pick_protocol(reports)
    if protocol is None:
        st.info(
            f"The smallest perturbations of these runs are not known yet. Attack the runs with {', '.join(MINIMIZERS)}."
        )
        return
    of_protocol = {run_id: found[protocol] for run_id, found in reports.items() if protocol in found}
    attack = pick_attack(of_protocol)
    norm, spec = ATTACKS[attack].norm, chosen[0].config.dataset_spec
    frame = read_distances(chosen, of_protocol, protocol, attack)
    labels = unique_labels(chosen)
    missing = [label for run_id, label in labels.items() if run_id not in set(frame["run_id"])]
    if missing:
        export.note(f"Not attacked with {attack} under this protocol: {', '.join(missing)}.")
    if frame.empty:
        st.error("The clean predictions of these evaluations are missing. Attack the runs again.")
        return
    epsilon = min(linf_threat(spec).pixel_budget(spec.std)) if norm == "linf" else None
    n = max(report.n for report in of_protocol.values())
    export.chart(
        distance_figure(
            painted(frame, styles),
            norm,
            f"Distance to the nearest adversarial image: {attack}, n = {n}",
            std=spec.std,
            epsilon=epsilon,
        ),
        key="distances",
        height=440,
        alt=f"Share of images within each distance that {attack} found, one rising line per run; diamonds are medians",
        table=frame,
    )
    draw_summary(export, distance_summary(chosen, frame, attack, epsilon), attack, norm, n)


def draw_summary(export: PageExport, summary: pd.DataFrame, attack: str, norm: str, n: int) -> None:
    """Draw the quartiles of every run, with notes."""
    columns = {name: title for name, title in COLUMNS.items() if name in summary}
    table = summary.assign(share_found=100 * summary["share_found"]).loc[:, list(columns)].rename(columns=columns)
    if not table["Remark"].any():
        table = table.drop(columns="Remark")
    pixels = st.column_config.NumberColumn(format="%.4f")
    export.table(
        table,
        key="distance-summary",
        title=f"Smallest perturbations by {attack} in {NORMS[norm]} (pixels), n = {n}",
        column_config={
            "Found (%)": st.column_config.NumberColumn(format="%.1f"),
            **{COLUMNS[name]: pixels for name in ("lower_quartile", "median", "upper_quartile")},
        },
    )
    export.note(
        "The distance is 0 for an image misclassified without an attack, and infinite if the attack found nothing. "
        "Each distance is the smallest that this attack found; the true one may be smaller. Quartiles are over all "
        "images; a dash marks an infinite quartile. Diamonds are medians."
    )
    if norm == "linf":
        export.note("At a distance of ε, each line is the share of images that are not robust at this ε.")
    if attack == "cw" and summary["remark"].str.contains("not converged").any():
        export.note(
            "cw has not converged if it found a perturbation for less than 99 % of the correctly classified images; an "
            "image without one is not thereby robust. Where deepfool found a smaller perturbation, use deepfool's."
        )


def reports_of(chosen: list[RunOverview]) -> dict[str, dict[str, RobustnessReport]]:
    """Reports by run and protocol, restricted to minimum-norm attacks whose files hold distances.

    Files of older versions do not hold them.
    """
    found: dict[str, dict[str, RobustnessReport]] = {}
    for run in chosen:
        found[run.run_id] = {}
        for protocol, report in measured.reports(run.run_id).items():
            searches = [
                result
                for result in report.attacks
                if result.attack.minimizes and tells_distances(run.run_id, protocol, result.attack)
            ]
            if searches:
                found[run.run_id][protocol] = report.model_copy(update={"attacks": tuple(searches)})
    return found


def tells_distances(run_id: str, protocol: str, attack: AttackConfig) -> bool:
    """Whether the file of an attack holds the size of each perturbation."""
    return {"is_adversarial", attack.norm} <= measured.examples(run_id, protocol, attack.name).keys()


def pick_attack(reports: Mapping[str, RobustnessReport]) -> str:
    """Draw a choice among the attacks that were run on at least one of the runs."""
    met = {result.attack.name for report in reports.values() for result in report.attacks}
    names = [name for name in MINIMIZERS if name in met]
    forget_unknown("found-by", names)
    return st.segmented_control(
        "Attack", names, default=names[0], required=True, key="found-by", bind="query-params",
        format_func=lambda name: f"{name}, {NORMS[ATTACKS[name].norm]}",
    )  # fmt: skip


def read_distances(
    chosen: list[RunOverview], reports: Mapping[str, RobustnessReport], protocol: str, attack: str
) -> pd.DataFrame:
    """A `distance_frame` of every run that was evaluated with the attack."""
    distances: dict[str, np.ndarray] = {}
    correct: dict[str, np.ndarray] = {}
    for run_id, report in reports.items():
        clean = measured.examples(run_id, protocol, CLEAN)
        if clean and attack in report.robust_accuracy_by_attack:
            found = measured.examples(run_id, protocol, attack)
            correct[run_id] = clean["predictions"] == clean["labels"]
            sizes = found[ATTACKS[attack].norm]
            distances[run_id] = minimal_distances(correct[run_id], found["is_adversarial"], sizes)
    return distance_frame(chosen, distances, correct)
