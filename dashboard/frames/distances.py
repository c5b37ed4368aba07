"""How far each image is from being misclassified: the smallest perturbation that an attack found."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from dashboard.frames.tables import IDENTITY, identities, stacked
from engine.queue.overview import RunOverview

DISTANCES = ("position", "is_correct", "distance")
SUMMARY = ("n", "n_correct", "share_found", "lower_quartile", "median", "upper_quartile", "remark")

CONVERGED = 0.99
"""Least share of images for which cw must find something; below it, what it missed says more of cw than of the run."""


def distance_frame(
    runs: Sequence[RunOverview], distances: Mapping[str, np.ndarray], correct: Mapping[str, np.ndarray]
) -> pd.DataFrame:
    """One row per run and image: run_id, label, variant, and DISTANCES; position is that in the fixed order.

    Args:
        distances: run_id -> (n,), as from `minimal_distances`; correct: run_id -> (n,) bool, without an attack.
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

    n_correct: of the n images, right without an attack; share_found: of these, those for which the attack found
    anything. Quartiles are of all n, the smallest distance within which so many of them lie; missing where so many
    were never found.

    Args:
        frame: as from `distance_frame`.
        attack: its name; cw is said not to have converged where it found too little.
        epsilon: pixels; with it a column `within` counts the images at most so far away.
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
            remarks.append("median beyond what was found")
        within = {} if epsilon is None else {"within": int((distance <= epsilon).sum())}
        figures = (len(distance), int(correct.sum()), found, *quartiles, "; ".join(remarks))
        rows.append(who[str(run_id)] | dict(zip(SUMMARY, figures, strict=True)) | within)
    return pd.DataFrame(rows, columns=[*IDENTITY, *SUMMARY, *([] if epsilon is None else ["within"])])


def _quantile(distance: np.ndarray, share: float) -> float:
    """The smallest distance within which at least this share lies; not a number when that is infinite."""
    value = float(np.quantile(distance, share, method="inverted_cdf"))
    return value if np.isfinite(value) else np.nan
