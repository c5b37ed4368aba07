"""Tables of single weights, of kernels, and of weight counts over a whole training."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from dashboard.frames.histograms import bin_counts
from dashboard.frames.tables import stacked, thin
from engine.minmax.fuzziness import membership
from engine.queue.overview import RunOverview
from engine.runs.columns import column
from engine.runs.film import Film

MOMENTS_PER_RUN = 120


def weight_frame(
    runs: Sequence[RunOverview], weights: Mapping[str, np.ndarray | Film], positions: Mapping[str, int]
) -> pd.DataFrame:
    """One row per run and weight, in the layer's order: run_id, label, variant, index, weight, membership.

    Args:
        weights: run_id -> (snapshots, n).
        positions: run_id -> index of the current snapshot; other runs are left out.

    Raises:
        ValueError: a weight is not finite.
    """
    tables = {}
    for run_id, position in positions.items():
        now = weights[run_id][position]
        tables[run_id] = {"index": np.arange(len(now)), "weight": now, "membership": membership(now)}
    return stacked(runs, tables, ("index", "weight", "membership"))


def kernel_frame(
    runs: Sequence[RunOverview], weights: Mapping[str, np.ndarray | Film], positions: Mapping[str, int], layer: str
) -> pd.DataFrame:
    """One row per run and weight, with its kernel index: run_id, label, variant, output, input, row, column, weight.

    Args:
        weights: run_id -> (snapshots, n), of `layer`.
        positions: run_id -> index of the current snapshot; other runs are left out.
    """
    places = ("output", "input", "row", "column")
    tables = {}
    for run in runs:
        if run.run_id in positions:
            now = weights[run.run_id][positions[run.run_id]]
            shape = run.config.architecture_spec.kernel_shape(layer, len(now))
            where = np.indices(shape).reshape(len(places), -1)
            tables[run.run_id] = dict(zip(places, where, strict=True)) | {"weight": now}
    return stacked(runs, tables, (*places, "weight"))


def density_frame(
    runs: Sequence[RunOverview],
    weights: Mapping[str, np.ndarray | Film],
    records: Mapping[str, Sequence[dict]],
    edges: np.ndarray,
) -> pd.DataFrame:
    """One row per run, snapshot and bin: run_id, label, variant, epoch, left, right, count.

    Rows are sorted by snapshot, then by bin. At most MOMENTS_PER_RUN snapshots of a run are included, evenly spaced,
    with the first and the last. Weights beyond the edges are counted in the outermost bins.

    Args:
        weights: run_id -> (snapshots, n); runs without a snapshot are left out.
        records: run_id -> records of the same snapshots.
    """
    tables, bins = {}, len(edges) - 1
    for run in runs:
        snapshots = min(len(weights[run.run_id]), len(records[run.run_id]))
        kept = thin(snapshots, MOMENTS_PER_RUN)
        if snapshots:
            tables[run.run_id] = {
                "epoch": np.repeat(column(records[run.run_id], "epoch")[kept], bins),
                "left": np.tile(edges[:-1], len(kept)),
                "right": np.tile(edges[1:], len(kept)),
                "count": bin_counts(weights[run.run_id][kept], edges).ravel(),
            }
    return stacked(runs, tables, ("epoch", "left", "right", "count"))
