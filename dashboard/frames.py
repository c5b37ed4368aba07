"""Records -> tidy DataFrames, one row per thing that is drawn. No streamlit, no plotly."""

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from engine.robustness.report import RobustnessReport
from engine.runs.overview import RunOverview

HISTORY = ("epoch", "fuzziness", "near_zero_count", "loss", "clean_accuracy", "robust_accuracy")


def unique_labels(runs: Sequence[RunOverview]) -> dict[str, str]:
    """run_id -> what charts and tables call the run: its label, with data set and digest where it needs them.

    Runs may differ in what a label does not say (epochs, say); under one name their numbers would be merged.
    """
    several = len({run.config.dataset for run in runs}) > 1
    names = {
        run.run_id: f"{run.config.dataset_spec.title}: {run.config.label}" if several else run.config.label
        for run in runs
    }
    counts = Counter(names.values())
    return {
        run_id: name if counts[name] == 1 else f"{name} ({run_id.rsplit('-', 1)[1]})" for run_id, name in names.items()
    }


def history_frame(runs: Sequence[RunOverview], records: Mapping[str, Sequence[dict]], layer: str) -> pd.DataFrame:
    """One row per run and snapshot: run_id, label, variant, and HISTORY; what was not measured is NaN."""
    labels = unique_labels(runs)
    rows = [
        {
            "run_id": run.run_id,
            "label": labels[run.run_id],
            "variant": run.config.variant,
            "epoch": record["epoch"],
            "fuzziness": record["fuzziness"][layer],
            "near_zero_count": record["near_zero"][layer],
            "loss": record["loss"],
            "clean_accuracy": record["clean_accuracy"],
            "robust_accuracy": record["robust_accuracy"],
        }
        for run in runs
        for record in records[run.run_id]
    ]
    frame = pd.DataFrame(rows, columns=["run_id", "label", "variant", *HISTORY])
    return frame.astype({column: float for column in HISTORY})


def moments(records: Mapping[str, Sequence[dict]]) -> list[float]:
    """All epochs at which any run has a snapshot, ascending."""
    return sorted({round(record["epoch"], 6) for series in records.values() for record in series})


def snapshot_at(records: Sequence[dict], epoch: float) -> int | None:
    """Index of the run's newest snapshot not after `epoch`; None when it has none."""
    past = sum(record["epoch"] <= epoch + 1e-6 for record in records)
    return past - 1 if past else None


def histogram_edges(weights: Sequence[np.ndarray], bins: int, whole: bool = True) -> np.ndarray:
    """Equal bins, symmetric around 0, the same for every snapshot, so that no axis moves while time passes.

    Args:
        weights: one (snapshots, n) per run.
        whole: reach to the farthest weight; else to the bulk of each run, which is its initial range or three times
            the 95th percentile of |w| over its snapshots, since one far weight would squeeze all others into one bin.
    """
    reach = max((_reach(np.abs(values), whole) for values in weights if values.size), default=0.0) or 0.1
    return np.linspace(-1.05 * reach, 1.05 * reach, bins + 1)


def _reach(sizes: np.ndarray, whole: bool) -> float:
    farthest = float(sizes.max())
    return farthest if whole else min(farthest, max(float(sizes[0].max()), 3.0 * float(np.percentile(sizes, 95))))


def histogram_frame(
    runs: Sequence[RunOverview], weights: Mapping[str, np.ndarray], positions: Mapping[str, int], edges: np.ndarray
) -> pd.DataFrame:
    """One row per run and bin: run_id, label, variant, left, right, count, initial_count.

    Every weight is counted: those beyond the edges in the outermost bins.

    Args:
        weights: run_id -> (snapshots, n).
        positions: run_id -> index of the snapshot that is "now"; runs without one are left out.
    """
    labels, tables = unique_labels(runs), []
    for run in runs:
        if run.run_id not in positions:
            continue
        rows = weights[run.run_id]
        now, initial = rows[positions[run.run_id]], rows[0]
        tables.append(
            pd.DataFrame(
                {
                    "run_id": run.run_id,
                    "label": labels[run.run_id],
                    "variant": run.config.variant,
                    "left": edges[:-1],
                    "right": edges[1:],
                    "count": np.histogram(now.clip(edges[0], edges[-1]), edges)[0],
                    "initial_count": np.histogram(initial.clip(edges[0], edges[-1]), edges)[0],
                }
            )
        )
    columns = ["run_id", "label", "variant", "left", "right", "count", "initial_count"]
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=columns)


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
