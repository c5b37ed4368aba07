"""A robustness report, read back. No torch."""

from pathlib import Path

from engine.robustness.report import RobustnessReport


def read_report(path: Path) -> RobustnessReport | None:
    """The report in this file; None where there is none, or it is damaged or of a newer version."""
    try:
        return RobustnessReport.model_validate_json(path.read_bytes())
    except (OSError, ValueError):
        return None
