"""Counts of weights in equal bins, the same for every run and snapshot."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from dashboard.frames.tables import stacked
from engine.queue.overview import RunOverview
from engine.runs.film import Film

USUAL_RANGE = 0.1


def histogram_edges(weights: Sequence[np.ndarray | Film], bins: int, whole: bool = True) -> np.ndarray:
    """Edges (bins + 1,) of equal bins, symmetric around 0, the same for every snapshot, so that no axis moves.

    Args:
        weights: one (snapshots, n) per run.
        whole: if true, the bins reach the largest |w|. Otherwise they cover the bulk of each run, because a single
            large weight would squeeze all others into one bin: the initial range or three times the 95th percentile
            of |w| over its snapshots, whichever is larger. USUAL_RANGE replaces the initial range of a run with a
            single snapshot.
    """
    reach = max((_reach(values, whole) for values in weights if values.size), default=0.0) or USUAL_RANGE
    return np.linspace(-1.05 * reach, 1.05 * reach, bins + 1)


def _reach(weights: np.ndarray | Film, whole: bool) -> float:
    of_rows = weights.farthest if isinstance(weights, Film) else np.abs(weights).max(axis=1)
    farthest = float(of_rows.max())
    if whole:
        return farthest
    usual = weights.percentile(95) if isinstance(weights, Film) else float(np.percentile(np.abs(weights), 95))
    return min(farthest, max(float(of_rows[0]) if len(of_rows) > 1 else USUAL_RANGE, 3.0 * usual))


def bin_counts(weights: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Number of weights in each bin, row by row; weights beyond the edges are counted in the outermost bins.

    Args:
        weights: shape (rows, n).
        edges: shape (bins + 1,), ascending; a bin includes its left edge, the last bin also its right edge.

    Returns:
        Shape (rows, bins), integers.
    """
    bins = len(edges) - 1
    found = (np.searchsorted(edges, weights, side="right") - 1).clip(0, bins - 1)
    found += np.arange(len(weights))[:, None] * bins
    return np.bincount(found.ravel(), minlength=len(weights) * bins).reshape(len(weights), bins)


def histogram_frame(
    runs: Sequence[RunOverview],
    weights: Mapping[str, np.ndarray | Film],
    positions: Mapping[str, int],
    edges: np.ndarray,
) -> pd.DataFrame:
    """One row per run and bin: run_id, label, variant, left, right, count, initial_count.

    Weights beyond the edges are counted in the outermost bins. The initial_count of a run with a single snapshot is
    NaN, because its initial weights are unknown.

    Args:
        weights: run_id -> (snapshots, n).
        positions: run_id -> index of the current snapshot; other runs are left out.
    """
    tables = {}
    for run_id, position in positions.items():
        rows = weights[run_id]
        initial, now = bin_counts(rows[[0, position]], edges)
        tables[run_id] = {
            "left": edges[:-1],
            "right": edges[1:],
            "count": now,
            "initial_count": initial if len(rows) > 1 else np.full(len(now), np.nan),
        }
    return stacked(runs, tables, ("left", "right", "count", "initial_count"))
