"""Comparison of runs as a table for readers, and as one sentence."""

import pandas as pd
import streamlit as st

from dashboard.frames.comparison import compared_column
from engine.minmax.quantities import QUANTITIES

COMPARED = {None: "", "multiple": ", × reference", "reduction": ", reference ÷ run"}
"""Kind of comparison with the reference -> suffix of the quantity's title."""


def _layer_columns() -> dict[str, tuple[str, str]]:
    """Column of `comparison_frame` -> heading and printf format, for every quantity of a layer."""
    columns = {}
    for key, quantity in QUANTITIES.items():
        columns[key] = (quantity.heading, f"%.{quantity.digits}f")
        if quantity.compared:
            columns[compared_column(quantity)] = (quantity.title + COMPARED[quantity.compared], "%.1f")
    return columns


_COLUMNS = {
    "label": ("Run", ""),
    "epoch": ("Epoch", "%.2f"),
    **_layer_columns(),
    "clean_accuracy": ("Clean accuracy, 1,000 images (%)", "%.1f"),
    "robust_accuracy": ("Under attack, probe (%)", "%.1f"),
}
COLUMNS = {column: heading for column, (heading, _) in _COLUMNS.items()}
COLUMN_CONFIG = {heading: st.column_config.NumberColumn(format=form) for heading, form in _COLUMNS.values() if form}


def readable(comparison: pd.DataFrame) -> pd.DataFrame:
    """Columns of a `comparison_frame` under readable headings, accuracies in percent."""
    table = comparison.loc[:, list(COLUMNS)]
    percent = {name: 100 * table[name] for name in ("clean_accuracy", "robust_accuracy")}
    return table.assign(**percent).rename(columns=COLUMNS)


def in_words(comparison: pd.DataFrame, reference: str) -> str:
    """One sentence about the run with the largest near-zero ratio.

    Empty if no run has more weights near zero than the reference, or if a variant has several runs: with several
    seeds, one pair of runs is not representative.
    """
    if comparison["variant"].duplicated().any():
        return ""
    others = comparison.loc[comparison["run_id"] != reference, :]
    others = others.dropna(subset=["near_zero_ratio", "fuzziness_reduction"])
    if others.empty or (most := others.loc[others["near_zero_ratio"].idxmax()])["near_zero_ratio"] <= 1:
        return ""
    name = comparison.loc[comparison["run_id"] == reference, "label"].iloc[0]
    return (
        f"{most['label']} has {most['near_zero']:.0f} of {most['weights']:.0f} weights near zero, "
        f"{most['near_zero_ratio']:.0f} times as many as {name}. "
        f"Its fuzziness is {most['fuzziness_reduction']:.0f} times lower."
    )
