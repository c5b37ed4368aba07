"""Reading of stored robustness reports. No torch."""

from pathlib import Path

from engine.documents import read_model, usable
from engine.robustness.report import RobustnessReport
from engine.runs.store import RunStore

REPORT_REMEDY = "Restore it from a copy, or delete this file and evaluate the run again."


def read_report(path: Path) -> RobustnessReport | None:
    """The report in this file; None if it does not exist.

    Raises:
        DamagedFile: it cannot be read, is not what was written, or is of a newer version.
    """
    return read_model(path, RobustnessReport, REPORT_REMEDY)


def read_reports(store: RunStore, run_id: str) -> dict[str, RobustnessReport]:
    """Protocol id -> report of a run, oldest first; damaged files are skipped (`run_problems` names them)."""
    found = {path.stem: usable(read_report, path) for path in store.report_paths(run_id)}
    return {protocol: report for protocol, report in found.items() if report is not None}
