"""Checks of the reliability of robust accuracy, each with its rule and evidence."""

from collections.abc import Mapping

import pandas as pd
import streamlit as st

from dashboard import measured
from dashboard.frames.labels import unique_labels
from dashboard.jobs.measurement_panel import measure_and_rerun
from dashboard.settings import Settings
from dashboard.ui.page_export import PageExport
from dashboard.ui.plain_text import plain
from engine.diagnostics.finding import Diagnosis, Finding
from engine.measurements.diagnosis.request import DiagnosisRequest
from engine.queue.overview import RunOverview
from engine.robustness.report import RobustnessReport

MARKS = {"ok": "✓ ok", "suspicious": "? suspicious", "failed": "✗ failed", "not run": "– not run"}
ICONS = {"suspicious": ":material/help:", "failed": ":material/error:"}
SERIOUSNESS = ("failed", "suspicious", "not run", "ok")
NOT_CHECKED = "not checked"


def trust_row(runs: list[RunOverview], reports: Mapping[str, RobustnessReport], protocol: str) -> dict[str, str]:
    """Summary of the checks of each run, by label."""
    labels = unique_labels(runs)
    return {labels[run_id]: trust(measured.diagnosis(run_id, protocol), report) for run_id, report in reports.items()}


def trust(diagnosis: Diagnosis | None, report: RobustnessReport) -> str:
    """Summary of the checks of one report."""
    if diagnosis is None:
        return NOT_CHECKED
    return diagnosis.summary + (" (outdated)" if is_outdated(diagnosis, report) else "")


def is_outdated(diagnosis: Diagnosis, report: RobustnessReport) -> bool:
    """Whether the robust accuracy has changed since the checks."""
    return diagnosis.robust_accuracy != report.robust_accuracy


def draw_checks(
    here: Settings,
    export: PageExport,
    runs: list[RunOverview],
    reports: Mapping[str, RobustnessReport],
    protocol: str,
) -> None:
    """Draw findings against the numbers above, then all checks; a button runs the missing ones."""
    st.header("Reliability checks")
    labels = unique_labels(runs)
    found = {run.run_id: one for run in runs if (one := measured.diagnosis(run.run_id, protocol)) is not None}
    if not here.read_only:
        draw_button(here, runs, reports, found)
    if not found:
        hint = "" if here.read_only else " Use “Check these runs” above."
        st.info(f"These results have not been checked for gradient masking yet.{hint}")
        return
    for run_id, diagnosis in found.items():
        draw_verdict(labels[run_id], diagnosis, is_outdated(diagnosis, reports[run_id]))
    draw_matrix(export, found, labels)
    with st.expander("Rule, source and evidence of each check", icon=":material/rule:"):
        export.table(evidence(found, labels), key="evidence", title="Evidence of the checks")


def draw_button(
    here: Settings,
    runs: list[RunOverview],
    reports: Mapping[str, RobustnessReport],
    found: Mapping[str, Diagnosis],
) -> None:
    """Draw a button that queues checks of the runs without any, or with outdated ones."""
    missing = [
        run.run_id for run in runs if run.run_id not in found or is_outdated(found[run.run_id], reports[run.run_id])
    ]
    wanted = missing or [run.run_id for run in runs]
    report = reports[wanted[0]]
    request = DiagnosisRequest(threat=report.threat, samples=report.samples or report.n, seed=report.seed)
    word = "Check these runs" if missing else "Check these runs again"
    if st.button(
        word, icon=":material/troubleshoot:", help="Takes several minutes per run; the queue above shows the time left"
    ):
        measure_and_rerun(here, wanted, [request])


def draw_matrix(export: PageExport, found: Mapping[str, Diagnosis], labels: Mapping[str, str]) -> None:
    """Draw the verdicts as marks, and beside them the evidence of the chosen one: at first, of the most serious."""
    marks, beside = st.columns([3, 2], gap="medium")
    with marks:
        table = matrix(found, labels)
        cell = export.table(
            table,
            key="checks",
            title="Checks for gradient masking (passing all of them does not prove robustness)",
            choosable=True,
        )
    of_label = {labels[run_id]: diagnosis for run_id, diagnosis in found.items()}
    with beside:
        st.caption("Click a mark to read its evidence.")
        if (chosen := chosen_finding(of_label, table, cell)) is not None:
            with st.container(border=True, key="evidence-of-check"):
                draw_finding(*chosen)


def chosen_finding(
    of_label: Mapping[str, Diagnosis], table: pd.DataFrame, cell: tuple[int, str] | None
) -> tuple[str, Finding] | None:
    """Label of a run and one of its findings: that of the chosen cell of the `matrix`, else the most serious one."""
    every = [(label, one) for label, diagnosis in of_label.items() for one in diagnosis.findings]
    if cell is not None:
        title = table["Check"].iloc[cell[0]]
        in_row = [(label, one) for label, one in every if one.title == title]
        return next((found for found in in_row if found[0] == cell[1]), None) or next(iter(in_row), None)
    return min(every, key=lambda found: SERIOUSNESS.index(found[1].verdict), default=None)


def draw_finding(label: str, finding: Finding) -> None:
    """Draw the verdict, the evidence, the rule and the source of one check."""
    st.markdown(f"**{plain(finding.title)}**  \n{plain(label)}: {plain(MARKS[finding.verdict])}")
    st.markdown(plain(finding.evidence))
    st.caption(f"Rule: {plain(finding.rule)}  \nSource: {plain(finding.source)}")


def draw_verdict(label: str, diagnosis: Diagnosis, outdated: bool) -> None:
    """Draw the verdict on one run, and the names of suspicious and failed checks."""
    is_calm = not outdated and not diagnosis.having("suspicious")
    show = st.error if not diagnosis.is_trustworthy else st.success if is_calm else st.warning
    lines = [f"**{plain(label)}**: {plain(diagnosis.sentence)}"]
    if outdated:
        lines += ["", "Outdated: later attacks changed the robust accuracy. Check these runs again."]
    objections = [
        f"{ICONS[finding.verdict]} {plain(finding.title)}" for finding in diagnosis.findings if finding.verdict in ICONS
    ]
    if objections:
        lines += ["", " · ".join(objections)]
    show("\n".join(lines))


def matrix(found: Mapping[str, Diagnosis], labels: Mapping[str, str]) -> pd.DataFrame:
    """Verdicts: one row per check, one column per run."""
    columns = {
        labels[run_id]: pd.Series({one.title: MARKS[one.verdict] for one in diagnosis.findings})
        for run_id, diagnosis in found.items()
    }
    return pd.DataFrame(columns).fillna(MARKS["not run"]).reset_index(names="Check")


def evidence(found: Mapping[str, Diagnosis], labels: Mapping[str, str]) -> pd.DataFrame:
    """Evidence: one row per run and check."""
    return pd.DataFrame(
        [
            {
                "Run": labels[run_id],
                "Check": finding.title,
                "Verdict": finding.verdict,
                "Evidence": finding.evidence,
                "Rule": finding.rule,
                "Source": finding.source,
            }
            for run_id, diagnosis in found.items()
            for finding in diagnosis.findings
        ]
    )
