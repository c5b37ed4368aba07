"""Runs side by side in numbers, as people read them."""

import pandas as pd
import streamlit as st

COLUMNS = {
    "label": "Run",
    "epoch": "Epoch",
    "near_zero_count": "Near zero",
    "near_zero_ratio": "Near zero, × reference",
    "fuzziness": "Fuzziness (nats)",
    "fuzziness_reduction": "Fuzziness, reference ÷ run",
    "largest_weight": "Largest |w|",
    "clean_accuracy": "Clean accuracy, 1,000 images (%)",
    "robust_accuracy": "Under attack, probe (%)",
}

_ONE_DECIMAL = st.column_config.NumberColumn(format="%.1f")
COLUMN_CONFIG = {
    COLUMNS["epoch"]: st.column_config.NumberColumn(format="%.2f"),
    COLUMNS["near_zero_ratio"]: st.column_config.NumberColumn(format="%.1f"),
    COLUMNS["fuzziness"]: st.column_config.NumberColumn(format="%.4f"),
    COLUMNS["fuzziness_reduction"]: st.column_config.NumberColumn(format="%.1f"),
    COLUMNS["largest_weight"]: st.column_config.NumberColumn(format="%.3f"),
    COLUMNS["clean_accuracy"]: _ONE_DECIMAL,
    COLUMNS["robust_accuracy"]: _ONE_DECIMAL,
}


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
        f"{most['label']} has {most['near_zero_count']:.0f} of {most['weights']:.0f} weights near zero, "
        f"{most['near_zero_ratio']:.0f} × as many as {name}, and "
        f"its fuzziness is {most['fuzziness_reduction']:.0f} × lower."
    )
