"""Reports of attacks, one row per run and attack."""

from collections.abc import Mapping, Sequence

import pandas as pd

from dashboard.frames.labels import unique_labels
from engine.robustness.report import RobustnessReport
from engine.runs.overview import RunOverview


def robustness_frame(runs: Sequence[RunOverview], reports: Mapping[str, RobustnessReport]) -> pd.DataFrame:
    """One row per run and attack, "none" (clean) first: run_id, label, variant, attack, robust_accuracy, n."""
    labels, rows = unique_labels(runs), []
    for run in runs:
        report = reports.get(run.run_id)
        if report is None:
            continue
        shared = {"run_id": run.run_id, "label": labels[run.run_id], "variant": run.config.variant, "n": report.n}
        cells = {
            "none": report.clean_accuracy,
            **report.robust_accuracy_by_attack,
            "worst case": report.robust_accuracy,
        }
        rows += [{**shared, "attack": attack, "robust_accuracy": accuracy} for attack, accuracy in cells.items()]
    return pd.DataFrame(rows, columns=["run_id", "label", "variant", "n", "attack", "robust_accuracy"])
