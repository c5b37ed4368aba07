"""Reading of stored robustness reports. No torch."""

from pathlib import Path

from engine.robustness.report import RobustnessReport
from engine.runs.store import RunStore


def read_report(path: Path) -> RobustnessReport | None:
    """The report in this file; None if it does not exist, is damaged or of a newer version."""
    try:
        return RobustnessReport.model_validate_json(path.read_bytes())
    except (OSError, ValueError):
        return None


def read_reports(store: RunStore, run_id: str) -> dict[str, RobustnessReport]:
    """Protocol id -> report of a run, oldest first; unreadable files are skipped."""
    found = {path.stem: read_report(path) for path in store.report_paths(run_id)}
    return {protocol: report for protocol, report in found.items() if report is not None}
