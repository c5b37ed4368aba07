"""The answer of the page: the worst case of each run with its interval, and what the comparison says about it."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

from dashboard.frames.paper import signed
from dashboard.frames.robustness import decimals, interval_words
from dashboard.ui.page_export import PageExport
from dashboard.ui.plain_text import plain
from engine.measurements.evaluation.survivors import WORST_CASE


def draw_answer(
    export: PageExport, accuracies: pd.DataFrame, differences: pd.DataFrame, checks: Mapping[str, str], attacks: int
) -> None:
    """Draw one sentence, and one tile per run.

    Args:
        accuracies: a `robustness_frame`.
        differences: a `difference_frame`, which may be empty.
        checks: label of a run -> summary of its reliability checks.
        attacks: number of attacks that the worst case covers.
    """
    worst = accuracies.loc[accuracies["attack"] == WORST_CASE]
    sentence = answer(worst, differences.loc[differences["attack"] == WORST_CASE], attacks)
    st.markdown(plain(sentence))
    export.record_note(sentence)
    with st.container(horizontal=True, key="answer"):
        for row in worst.to_dict("records"):
            with st.container(border=True, width=185, height="stretch"):
                label, value = plain(row["label"]), plain(percent(row["robust_accuracy"], row["n"]))
                st.markdown(label)  # wraps, unlike the label of a metric
                st.metric(label, value, label_visibility="collapsed")
                st.caption(plain(f"95 % interval {_interval(row)}; {checks[row['label']]}"))


def answer(worst: pd.DataFrame, differences: pd.DataFrame, attacks: int) -> str:
    """One sentence on the worst case of the best run, and on its difference from the reference.

    Args:
        worst: label, n, robust_accuracy, low, high; at least one row.
        differences: label, reference, difference, difference_low, difference_high, verdict, accuracy.
        attacks: number of attacks that the worst case covers.
    """
    rows = worst.sort_values("robust_accuracy", ascending=False, kind="stable").to_dict("records")
    best, last = rows[0], rows[-1]
    start = f"In the worst case of {_count(attacks, 'attack')}"
    words = f"{start}, {best['label']} classifies {percent(best['robust_accuracy'], best['n'])} of {best['n']} images"
    if len(rows) == 1:
        return f"{words} correctly (95 % interval {_interval(best)})."
    words += f" correctly, {last['label']} {percent(last['robust_accuracy'], last['n'])}."
    if differences.empty:
        return f"{words} The runs are not compared: they met different attacks or images."
    return f"{words} {contrast_words(differences.loc[differences['difference'].abs().idxmax()])}"


def contrast_words(row: Mapping[Any, Any]) -> str:
    """Difference of a run from the reference, with its interval, and whether it is within noise."""
    size = f"{100 * abs(row['difference']):.1f} points"
    if row["verdict"] == "too few seeds to tell":
        return f"{row['label']} and {row['reference']} differ by {size}; too few seeds to tell whether it is noise."
    ends = (row["difference_low"], row["difference_high"])
    is_known = all(end == end for end in ends)
    spread = f" (95 % interval {' to '.join(signed(100 * end, 1) for end in ends)})" if is_known else ""
    if row["verdict"] == "within noise":
        points = f"{signed(100 * row['difference'], 1)} points{spread}"
        return f"The difference of {row['label']} from {row['reference']}, {points}, is within noise."
    often = "more" if row["verdict"] == "higher" else "less"
    return f"{row['label']} is right {often} often than {row['reference']} by {size}{spread}."


def percent(share: float, n: int) -> str:
    """A share in percent, with the decimals that n images support."""
    return f"{100 * share:.{decimals(n)}f}%"


def _interval(row: Mapping[Any, Any]) -> str:
    return interval_words(row["low"], row["high"], row["n"])


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
