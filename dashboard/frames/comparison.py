"""Comparison of runs at one snapshot with a reference run."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from dashboard.frames.tables import IDENTITY, identities
from engine.minmax.quantities import QUANTITIES, LayerQuantity, recorded
from engine.queue.overview import RunOverview
from engine.runs.columns import column
from engine.runs.film import Film


def compared_column(quantity: LayerQuantity) -> str:
    """Column that compares a quantity of a run with the reference's; empty if the quantity is not compared."""
    return {None: "", "multiple": f"{quantity.key}_ratio", "reduction": f"{quantity.key}_reduction"}[quantity.compared]


LAYER_COLUMNS = tuple(
    column for key, quantity in QUANTITIES.items() for column in (key, compared_column(quantity)) if column
)
COMPARISON = ("epoch", "weights", *LAYER_COLUMNS, "clean_accuracy", "robust_accuracy")


def comparison_frame(
    runs: Sequence[RunOverview],
    weights: Mapping[str, np.ndarray | Film],
    records: Mapping[str, Sequence[dict]],
    positions: Mapping[str, int],
    reference_run_id: str,
    layer: str,
) -> pd.DataFrame:
    """One row per run at its current snapshot: run_id, label, variant, and COMPARISON.

    The column weights is their number; <quantity>_ratio is the run's value divided by the reference's;
    <quantity>_reduction is the reference's value divided by the run's. The accuracies are the newest ones measured at
    or before the snapshot.

    A quantity is NaN if the record lacks it. A ratio is NaN if its denominator is 0 or the reference has no current
    snapshot; a ratio of counts is also NaN if the layers differ in their number of weights.

    Args:
        weights: run_id -> (snapshots, n), of `layer`.
        positions: run_id -> index of the current snapshot; other runs are left out.
    """
    who = identities(runs)
    rows = [
        {
            **who[run.run_id],
            "epoch": (record := records[run.run_id][position])["epoch"],
            "weights": weights[run.run_id][position].size,
            **{key: recorded(record, key, layer) for key in QUANTITIES},
            "clean_accuracy": _newest(records[run.run_id], position, "clean_accuracy"),
            "robust_accuracy": _newest(records[run.run_id], position, "robust_accuracy"),
        }
        for run in runs
        if (position := positions.get(run.run_id)) is not None
    ]
    reference = next((row for row in rows if row["run_id"] == reference_run_id), {})
    for row in rows:
        row |= {compared_column(one): _compared(one, row, reference) for one in QUANTITIES.values() if one.compared}
    return pd.DataFrame(rows, columns=[*IDENTITY, *COMPARISON])


def _compared(quantity: LayerQuantity, row: Mapping[str, Any], reference: Mapping[str, Any]) -> float:
    own, other = row[quantity.key], reference.get(quantity.key, np.nan)
    if quantity.is_count and row["weights"] != reference.get("weights"):
        return np.nan
    return _ratio(own, other) if quantity.compared == "multiple" else _ratio(other, own)


def _newest(records: Sequence[dict], position: int, quantity: str) -> float:
    values = column(records, quantity)[: position + 1]
    known = values[~np.isnan(values)]
    return float(known[-1]) if len(known) else np.nan


def _ratio(numerator: float, denominator: float) -> float:
    return numerator / denominator if denominator else np.nan
