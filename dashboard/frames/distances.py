"""Smallest perturbation of each image that an attack found."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from dashboard.frames.tables import IDENTITY, identities, stacked
from engine.queue.overview import RunOverview

DISTANCES = ("position", "is_correct", "distance")
SUMMARY = ("n", "n_correct", "share_found", "lower_quartile", "median", "upper_quartile", "remark")

CONVERGED = 0.99
"""Smallest share of images for which cw must find a perturbation to count as converged."""


def distance_frame(
    runs: Sequence[RunOverview], distances: Mapping[str, np.ndarray], correct: Mapping[str, np.ndarray]
) -> pd.DataFrame:
    """One row per run and image: run_id, label, variant, and DISTANCES; position is the index in the fixed order.

    Args:
        distances: run_id -> shape (n,), from `minimal_distances`.
        correct: run_id -> shape (n,), bool, without an attack.
    """
    tables = {
        run_id: {"position": np.arange(len(values)), "is_correct": correct[run_id], "distance": values}
        for run_id, values in distances.items()
    }
    return stacked(runs, tables, DISTANCES)


def distance_summary(
    runs: Sequence[RunOverview], frame: pd.DataFrame, attack: str, epsilon: float | None = None
) -> pd.DataFrame:
    """One row per run: run_id, label, variant, and SUMMARY.

    n_correct: images correct without an attack; share_found: share of these for which the attack found a perturbation.
    Quartiles are over all n images: the smallest distance that covers this share of them, NaN if infinite.

    Args:
        frame: from `distance_frame`.
        attack: its name; for cw, the remark states if it has not converged.
        epsilon: in pixels; if given, the column `within` counts the images at most this far away.
    """
    who, rows = identities(runs), []
    for run_id, of_run in frame.groupby("run_id", sort=False):
        distance, correct = of_run["distance"].to_numpy(np.float64), of_run["is_correct"].to_numpy(bool)
        found = float(np.isfinite(distance[correct]).mean()) if correct.any() else np.nan
        quartiles = [_quantile(distance, share) for share in (0.25, 0.5, 0.75)]
        remarks = []
        if attack == "cw" and found < CONVERGED:
            remarks.append("not converged")
        if np.isnan(quartiles[1]):
            remarks.append("median not found")
        within = {} if epsilon is None else {"within": int((distance <= epsilon).sum())}
        figures = (len(distance), int(correct.sum()), found, *quartiles, "; ".join(remarks))
        rows.append(who[str(run_id)] | dict(zip(SUMMARY, figures, strict=True)) | within)
    return pd.DataFrame(rows, columns=[*IDENTITY, *SUMMARY, *([] if epsilon is None else ["within"])])


def _quantile(distance: np.ndarray, share: float) -> float:
    """Smallest distance that covers at least this share of the images; NaN if infinite."""
    value = float(np.quantile(distance, share, method="inverted_cdf"))
    return value if np.isfinite(value) else np.nan
