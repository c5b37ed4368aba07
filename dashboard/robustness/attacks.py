"""Accuracy under each attack, compared between runs, with the checks of its reliability."""

from collections.abc import Iterable, Mapping

import pandas as pd
import streamlit as st

from dashboard import measured
from dashboard.figures.coloring import Styles, painted
from dashboard.figures.robustness import robustness_figure
from dashboard.frames.labels import group_labels
from dashboard.frames.robustness import accuracy_table, robustness_frame, seed_table
from dashboard.jobs.evaluation_form import draw_evaluation_form
from dashboard.jobs.measurement_panel import is_measuring, measurement_jobs
from dashboard.navigation import draw_link
from dashboard.robustness.answer import draw_answer
from dashboard.robustness.checks import draw_checks, trust_row
from dashboard.robustness.comparison import compare, draw_comparison
from dashboard.settings import Settings
from dashboard.ui.page_export import PageExport
from dashboard.ui.protocol_picker import pick_protocol, protocol_title
from engine.queue.overview import RunOverview
from engine.robustness.report import RobustnessReport
from engine.studies.pairing import seed_groups


def draw_attacks_form(here: Settings, chosen: list[RunOverview]) -> None:
    """Draw the form for attacks on the chosen runs."""
    attacked = any(measured.is_attacked(run.run_id) for run in chosen)
    with st.expander("Attack these runs", icon=":material/bolt:", expanded=not attacked):
        draw_evaluation_form(here, chosen)


def draw_attacks(here: Settings, chosen: list[RunOverview], export: PageExport, styles: Styles) -> None:
    """Draw the results of one protocol: the answer, the chart, tables, differences between runs, and checks."""
    reports = {run.run_id: measured.reports(run.run_id) for run in chosen}
    left, right = st.columns(2)
    with left:
        protocol = pick_protocol(reports)
    if protocol is None:
        if not is_measuring(measurement_jobs(here, [run.run_id for run in chosen])):
            hint = "" if here.read_only else " Attack them above."
            st.info(f"These runs have not been attacked yet.{hint}")
        return
    of_protocol = {run_id: found[protocol] for run_id, found in reports.items() if protocol in found}
    shown = [run for run in chosen if run.run_id in of_protocol]
    with right:
        compared = compare(shown, protocol)
    frame, trust = robustness_frame(chosen, of_protocol), trust_row(chosen, of_protocol, protocol)
    attacks = max(len(report.attacks) for report in of_protocol.values())
    draw_answer(export, frame, compared.differences, trust, attacks)
    title = protocol_title(next(iter(of_protocol.values())))
    draw_bars(export, frame, title, styles)
    with st.expander("Accuracies as a table", icon=":material/table_rows:"):
        draw_accuracies(export, chosen, frame, title, trust)
    with st.expander("Differences and what is within noise", icon=":material/compare_arrows:"):
        draw_comparison(export, compared)
    draw_notes(export, chosen, of_protocol)
    draw_checks(here, export, shown, of_protocol, protocol)
    draw_link("examples", "See the adversarial images", [run.run_id for run in chosen])


def draw_bars(export: PageExport, frame: pd.DataFrame, title: str, styles: Styles) -> None:
    """Draw a bar chart of a `robustness_frame` with 95 % intervals."""
    export.chart(
        robustness_figure(painted(frame, styles), f"Correctly classified, {title}"),
        height=420,
        key="bars",
        alt="Accuracy without an attack and under each attack, one bar per run, with 95 % intervals",
        table=frame,
    )


def draw_accuracies(
    export: PageExport, chosen: list[RunOverview], frame: pd.DataFrame, title: str, trust: Mapping[str, str]
) -> None:
    """Draw a table of a `robustness_frame`, and one of means over seeds where there are several."""
    table = accuracy_table(frame).copy()
    table.loc[len(table)] = {"Attack": "checks", **trust}
    export.table(table, key="robustness", title=f"Correctly classified in percent (95 % interval), {title}")
    groups = seed_groups(chosen)
    labels = group_labels(groups)
    by_seed = seed_table(frame, {labels[key]: [run.run_id for run in group] for key, group in groups.items()})
    if by_seed.shape[1] > 1:
        export.table(by_seed, key="seeds", title=f"Mean ± standard deviation over seeds (%), {title}")


def data_notes(reports: Iterable[RobustnessReport]) -> list[str]:
    """Sentences about reports on other data than the run was trained on, and about those that do not know."""
    relations = [report.test_data_is or "unknown" for report in reports]
    notes = []
    if others := relations.count("other"):
        notes.append(f"Runs attacked on the test images of other data than they were trained on: {others}.")
    if unknown := relations.count("unknown"):
        notes.append(
            f"Runs for which it is unknown whether the test images belong to the data they were trained on: {unknown}. "
            "They were imported, or an earlier version trained or attacked them."
        )
    return notes


def draw_notes(export: PageExport, chosen: list[RunOverview], reports: Mapping[str, RobustnessReport]) -> None:
    """Draw notes on how the numbers are computed, and warnings about them."""
    invalid = sum(report.n_invalid for report in reports.values())
    if invalid:
        warning = f"{invalid} adversarial images exceed the attack budget: these numbers cannot be trusted."
        st.error(warning)
        export.note(warning)
    if len({frozenset(report.robust_accuracy_by_attack) for report in reports.values()}) > 1:
        export.note(
            "These runs were evaluated with different attacks, so their worst cases do not compare. Run the same "
            "attacks on all of them."
        )
    for note in data_notes(reports.values()):
        export.note(note)
    results = [result for report in reports.values() for result in report.attacks]
    largest = max((result.largest_linf for result in results if result.threat), default=0.0)
    free = ", ".join(sorted({result.attack.name for result in results if result.attack.minimizes}))
    inside = (
        f". Attacks that search for the smallest perturbation ({free}) count where that perturbation is inside the ball"
        if free
        else ""
    )
    export.note(
        "Accuracies are over all images; images misclassified without an attack count as wrong and are not attacked. "
        f"The worst case counts an image as correct only if it survives every attack within the ball{inside}. "
        "Intervals are Wilson intervals over images. Largest change of a pixel by the attacks in the ball: "
        f"{largest:.4f}."
    )
    if missing := [run.label for run in chosen if run.run_id not in reports]:
        export.note(f"Not evaluated under this protocol: {', '.join(missing)}.")
