"""Table of the statements about Theorem 1 at one p1, from the printed proof to the simulation."""

from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from dashboard.theory.simulated_layer import SimulatedLayer
from dashboard.theory.verdict import half_widths, row_at
from engine.minmax.theorem import UNIFORM, bernoulli, printed_gradient

NUMBERS = ("Model a", "± a", "Model b", "± b", "b − a", "±")
FORMATS: dict[str, Any] = {"Statement": st.column_config.TextColumn(width="large")}
FORMATS |= {name: st.column_config.NumberColumn(format="%.4g") for name in NUMBERS}


def statements(layer: SimulatedLayer, expectation: pd.DataFrame, size: pd.DataFrame) -> pd.DataFrame:
    """Statements about b <= a at one p1, from the printed proof to the simulation, one row each."""
    even = np.full(layer.m, 1.0 / layer.m)
    printed = (printed_gradient(UNIFORM, even), printed_gradient(bernoulli(layer.p1), even))
    rows = [
        {
            "Statement": "|E g|, printed proof: σ independent of W",
            "Model a": abs(printed[0]),
            "Model b": abs(printed[1]),
            "b ≤ a": "trivial: 0 ≤ 0",
        }
    ]
    for frame, quantity, form in ((expectation, "|E g|", "first order in x"), (size, "E|g|", "x → 0")):
        row = row_at(frame, layer.p1)
        wide_a, wide_b = half_widths(row)
        small = {"Model a": row["uniform_expansion"], "Model b": row["bernoulli_expansion"]}
        rows.append({"Statement": f"{quantity}, {form}", **small, "b ≤ a": judged(small)})
        exact = {"Model a": row["uniform_exact"], "Model b": row["bernoulli_exact"]}
        if np.isfinite(exact["Model b"]):
            rows.append({"Statement": f"{quantity}, exact", **exact, "b ≤ a": judged(exact)})
        rows.append(
            {
                "Statement": f"{quantity}, simulated",
                "Model a": row["uniform"],
                "± a": wide_a,
                "Model b": row["bernoulli"],
                "± b": wide_b,
                "b − a": row["difference"],
                "±": row["difference_error"],
                "b ≤ a": row["verdict"],
            }
        )
    return pd.DataFrame(rows, columns=["Statement", *NUMBERS, "b ≤ a"])


def judged(numbers: dict[str, float]) -> str:
    if np.isnan(numbers["Model a"]):
        return "a unknown"
    return "holds" if numbers["Model b"] <= numbers["Model a"] else "fails"
