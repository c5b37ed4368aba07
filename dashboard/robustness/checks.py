"""Whether the robust accuracy beside it is to be trusted: every check, its rule and its evidence."""

from collections.abc import Mapping

import pandas as pd
import streamlit as st

from dashboard import measured
from dashboard.frames.labels import unique_labels
from dashboard.jobs.measurement_panel import queue_measurements
from dashboard.settings import Settings
from dashboard.ui.page_export import PageExport
from dashboard.ui.plain_text import plain
from engine.diagnostics.finding import Diagnosis
from engine.measurements.diagnosis.request import DiagnosisRequest
from engine.queue.overview import RunOverview
from engine.robustness.report import RobustnessReport

MARKS = {"ok": "✓ ok", "suspicious": "? suspicious", "failed": "✗ failed", "not run": "– not run"}
ICONS = {"suspicious": ":material/help:", "failed": ":material/error:"}
NOT_CHECKED = "not checked"


def trust_row(runs: list[RunOverview], reports: Mapping[str, RobustnessReport], protocol: str) -> dict[str, str]:
    """Label -> what the checks say of the run's numbers, in a few words."""
    labels = unique_labels(runs)
    return {labels[run_id]: trust(measured.diagnosis(run_id, protocol), report) for run_id, report in reports.items()}


def trust(diagnosis: Diagnosis | None, report: RobustnessReport) -> str:
    """What the checks say of a report, in a few words."""
    if diagnosis is None:
        return NOT_CHECKED
    return diagnosis.summary + (", before other attacks" if is_outdated(diagnosis, report) else "")


def is_outdated(diagnosis: Diagnosis, report: RobustnessReport) -> bool:
    """Whether the number changed since, or was not there yet."""
    return diagnosis.robust_accuracy != report.robust_accuracy


def draw_checks(
    here: Settings,
    export: PageExport,
    runs: list[RunOverview],
    reports: Mapping[str, RobustnessReport],
    protocol: str,
) -> None:
    """What speaks against the numbers above, then every check; a button runs what was not run."""
    st.subheader("Are these numbers to be trusted?")
    labels = unique_labels(runs)
    found = {run.run_id: one for run in runs if (one := measured.diagnosis(run.run_id, protocol)) is not None}
    if not here.read_only:
        draw_button(here, runs, reports, found)
    if not found:
        st.info("Nobody has checked yet whether the robustness above is more than gradient masking.")
        return
    for run_id, diagnosis in found.items():
        draw_objections(labels[run_id], diagnosis, is_outdated(diagnosis, reports[run_id]))
    export.table(
        matrix(found, labels), key="checks", title="Checks of gradient masking (no failure is no proof of robustness)"
    )
    with st.expander("Rule, source and evidence of each check", icon=":material/rule:"):
        export.table(evidence(found, labels), key="evidence", title="Evidence of the checks")


def draw_button(
    here: Settings,
    runs: list[RunOverview],
    reports: Mapping[str, RobustnessReport],
    found: Mapping[str, Diagnosis],
) -> None:
    """Queue the checks of the runs that have none, or of what their number was before."""
    missing = [
        run.run_id for run in runs if run.run_id not in found or is_outdated(found[run.run_id], reports[run.run_id])
    ]
    wanted = missing or [run.run_id for run in runs]
    report = reports[wanted[0]]
    request = DiagnosisRequest(threat=report.threat, samples=report.samples or report.n, seed=report.seed)
    word = "Check these runs" if missing else "Check again"
    if st.button(
        word, icon=":material/troubleshoot:", help="Takes minutes for each run; the queue above shows how many"
    ):
        queue_measurements(here, wanted, [request])
        st.rerun()


def draw_objections(label: str, diagnosis: Diagnosis, outdated: bool) -> None:
    """One run's verdict, and the evidence of what is not as it should be."""
    is_calm = not outdated and not diagnosis.having("suspicious")
    show = st.error if not diagnosis.is_trustworthy else st.success if is_calm else st.warning
    lines = [f"**{plain(label)}**: {plain(diagnosis.sentence)}"]
    if outdated:
        lines += ["", "This was said of the number before other attacks changed it. Check again."]
    lines += [
        f"- {ICONS[finding.verdict]} {plain(finding.title)}: {plain(finding.evidence)}"
        for finding in diagnosis.findings
        if finding.verdict in ICONS
    ]
    show("\n".join(lines))


def matrix(found: Mapping[str, Diagnosis], labels: Mapping[str, str]) -> pd.DataFrame:
    """Checks down, runs across."""
    columns = {
        labels[run_id]: pd.Series({one.title: MARKS[one.verdict] for one in diagnosis.findings})
        for run_id, diagnosis in found.items()
    }
    return pd.DataFrame(columns).fillna(MARKS["not run"]).reset_index(names="Check")


def evidence(found: Mapping[str, Diagnosis], labels: Mapping[str, str]) -> pd.DataFrame:
    """One row per run and check."""
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
