"""Runs at one moment, each beside one they are measured against."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from dashboard.frames.tables import IDENTITY, identities
from engine.queue.overview import RunOverview

COMPARISON = (
    "epoch",
    "weights",
    "near_zero_count",
    "near_zero_ratio",
    "fuzziness",
    "fuzziness_reduction",
    "largest_weight",
    "clean_accuracy",
    "robust_accuracy",
)


def comparison_frame(
    runs: Sequence[RunOverview],
    weights: Mapping[str, np.ndarray],
    records: Mapping[str, Sequence[dict]],
    positions: Mapping[str, int],
    reference_run_id: str,
    layer: str,
) -> pd.DataFrame:
    """One row per run at its present snapshot: run_id, label, variant, and COMPARISON.

    weights: their number. near_zero_ratio: near-zero count over the reference's. fuzziness_reduction: the
    reference's fuzziness over the run's, "so many times lower". largest_weight: of |w|. The accuracies are the newest
    ones measured at or before the snapshot.

    A ratio is NaN where it would divide by 0 or the reference has no present snapshot; that of counts also where the
    layers have not the same number of weights.

    Args:
        weights: run_id -> (snapshots, n), of `layer`.
        positions: run_id -> index of the snapshot that is "now"; runs without one are left out.
    """
    who = identities(runs)
    rows = [
        {
            **who[run.run_id],
            "epoch": (record := records[run.run_id][position])["epoch"],
            "weights": weights[run.run_id][position].size,
            "near_zero_count": record["near_zero"][layer],
            "fuzziness": record["fuzziness"][layer],
            "largest_weight": record["largest_weight"][layer],
            "clean_accuracy": _newest(records[run.run_id][: position + 1], "clean_accuracy"),
            "robust_accuracy": _newest(records[run.run_id][: position + 1], "robust_accuracy"),
        }
        for run in runs
        if (position := positions.get(run.run_id)) is not None
    ]
    reference = next((row for row in rows if row["run_id"] == reference_run_id), {})
    for row in rows:
        comparable = row["weights"] == reference.get("weights")
        row["near_zero_ratio"] = (
            _ratio(row["near_zero_count"], reference.get("near_zero_count")) if comparable else np.nan
        )
        row["fuzziness_reduction"] = _ratio(reference.get("fuzziness", np.nan), row["fuzziness"])
    return pd.DataFrame(rows, columns=[*IDENTITY, *COMPARISON])


def _newest(records: Sequence[dict], quantity: str) -> float:
    return next((record[quantity] for record in reversed(records) if record[quantity] is not None), np.nan)


def _ratio(numerator: float, denominator: float | None) -> float:
    return numerator / denominator if denominator else np.nan
