"""Runs side by side in numbers, as people read them."""

import pandas as pd
import streamlit as st

from dashboard.frames.comparison import compared_column
from engine.minmax.quantities import QUANTITIES

COMPARED = {None: "", "multiple": ", × reference", "reduction": ", reference ÷ run"}
"""How a quantity stands to the reference's -> what follows the quantity's title."""


def _layer_columns() -> dict[str, tuple[str, str]]:
    """Column of `comparison_frame` -> its heading and printf format, for every quantity of a layer."""
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
    """What `comparison_frame` found, under names for people."""
    table = comparison.loc[:, list(COLUMNS)]
    percent = {name: 100 * table[name] for name in ("clean_accuracy", "robust_accuracy")}
    return table.assign(**percent).rename(columns=COLUMNS)


def in_words(comparison: pd.DataFrame, reference: str) -> str:
    """The farthest of the ratios in a sentence.

    Empty when no run has more near zero than the reference, or when there are several of a variant: with seeds to
    compare, one pair says little.
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
        f"{most['near_zero_ratio']:.0f} × as many as {name}, and "
        f"its fuzziness is {most['fuzziness_reduction']:.0f} × lower."
    )
