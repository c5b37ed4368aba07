"""Theorem 1 with the dependence kept: both models side by side over p1, and what a corrected condition says."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from dashboard import sources
from dashboard.figures.theorem import theorem_figure
from dashboard.frames.theory import theorem_frame
from dashboard.theory.controls import log_slider, log_steps
from dashboard.theory.verdict import counted, curve_words, half_widths, row_at, verdict_title, verdict_words
from dashboard.ui.page_export import PageExport
from engine.minmax.gradients import InputKind, exact_bernoulli, exact_uniform, input_vector
from engine.minmax.theorem import (
    UNIFORM,
    bernoulli,
    bernoulli_gradient_size,
    corrected_p1_threshold,
    expected_gradient,
    largest_one,
    printed_gradient,
    size_p1_threshold,
    uniform_gradient_size,
)

LOWER = (0.005, 0.01, 0.02, 0.03, 0.05, 0.07, 0.08, 0.09, 0.1, 0.12, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45)
P1 = np.array([*LOWER, 0.5, *(round(1 - p1, 3) for p1 in reversed(LOWER))])
KINDS = {"uniform": "uniform draw", "ones": "all the same"}
DRAWS = (500, 1_000, 2_000, 4_000)
NUMBERS = ("Model a", "± a", "Model b", "± b", "b − a", "±")
FORMATS: dict[str, Any] = {"Statement": st.column_config.TextColumn(width="large")}
FORMATS |= {name: st.column_config.NumberColumn(format="%.4g") for name in NUMBERS}


@dataclass(frozen=True)
class Layer:
    """The layer that is simulated: m classes, the input x, and the share of ones looked at."""

    m: int
    inputs: np.ndarray
    p1: float


def draw_theorem(sheet: PageExport) -> None:
    """Controls, the verdict at one p1, both quantities over all p1, and a table."""
    first, second, third, fourth = st.columns(4, vertical_alignment="bottom")
    m = first.slider("Classes m", 2, 20, 10, key="theory-m", bind="query-params")
    n = second.slider("Inputs n", 1, 60, 25, key="theory-n", bind="query-params")
    scale = log_slider(third, "Scale of x", log_steps(0.01, 10), 1.0, "theory-scale", "Entries of x lie in [0, scale]")
    p1 = log_slider(fourth, "p₁ of model b", P1.tolist(), 0.05, "theory-p1", "Share of ones; Min-Max is a small one")
    first, second, third = st.columns([5, 4, 3], vertical_alignment="bottom")
    kind: InputKind = "ones" if pick_kind(first) == "ones" else "uniform"
    draws = second.select_slider(
        "Draws of W", DRAWS, 2_000, format_func="{:,}".format, key="theory-draws", bind="query-params"
    )
    seed = third.number_input("Seed", 0, 9_999, 0, key="theory-seed", bind="query-params", help="Of x and of W")
    found = sources.simulation(m, n, kind, scale, tuple(P1.tolist()), draws, seed)
    layer = Layer(m, input_vector(n, scale, kind, seed), p1)
    truth = exact_bernoulli(layer.inputs, m, P1) or (None, None)
    small = (expected_gradient(UNIFORM, m, layer.inputs), expected_gradient(bernoulli(P1), m, layer.inputs))
    expectation = theorem_frame(P1, found.expectation, small, (exact_uniform(layer.inputs, m), truth[0]))
    sizes = (uniform_gradient_size(m), bernoulli_gradient_size(m, P1))
    size = theorem_frame(P1, found.size, sizes, (uniform_gradient_size(m) if m == 2 else None, truth[1]))
    draw_verdict(sheet, expectation, p1)
    sheet.note(setting_words(layer, kind, scale, seed))
    draw_charts(sheet, layer, expectation, size)
    sheet.table(
        statements(layer, expectation, size),
        key="theory-statements",
        title=f"b ≤ a at p₁ = {p1:g}?",
        column_config=FORMATS,
    )
    draw_notes(sheet, layer, draws)


def pick_kind(place: Any) -> str | None:
    """Whether the entries of x differ."""
    return place.segmented_control(
        "Input x",
        list(KINDS),
        default="uniform",
        required=True,
        format_func=KINDS.__getitem__,
        key="theory-kind",
        bind="query-params",
    )


def draw_verdict(sheet: PageExport, expectation: pd.DataFrame, p1: float) -> None:
    """What the theorem is worth at this p1, in words."""
    row = row_at(expectation, p1)
    icons = {"holds": ":material/check:", "fails": ":material/close:", "within noise": ":material/question_mark:"}
    st.markdown(f"{icons[row['verdict']]} **{verdict_title(row)}**")
    sheet.note(verdict_words(row))
    sheet.note(curve_words(expectation))


def setting_words(layer: Layer, kind: InputKind, scale: float, seed: int) -> str:
    """What was simulated, for a reader who has no sliders."""
    n = len(layer.inputs)
    entries = f"drawn from U(0, {scale:g})" if kind == "uniform" else f"{scale:g} each"
    return (
        f"Setting: L = −yᵀ log softmax(Wx), y one-hot; W is {layer.m} × {n}, its entries from U(0, 1) in model a, from "
        f"Bernoulli(p₁) in model b; entries of x {entries}; seed {seed}."
    )


def draw_charts(sheet: PageExport, layer: Layer, expectation: pd.DataFrame, size: pd.DataFrame) -> None:
    """|E g|, which the theorem is about, and E |g|, which bounds what a small perturbation does."""
    left, right = st.columns(2)
    with left:
        sheet.chart(
            theorem_figure(
                expectation,
                "The expected gradient, |E ∂L/∂x|",
                "|E ∂L/∂x|, mean over i",
                corrected_p1_threshold(),
                cursor=layer.p1,
                expansion_name="first order",
            ),
            key="theory-expectation",
            height=480,
            alt=f"Model b over p₁ against the constant of model a. {curve_words(expectation)}",
            table=expectation,
        )
    with right:
        sheet.chart(
            theorem_figure(
                size,
                "The expected size of the gradient, E|∂L/∂x|",
                "E|∂L/∂x|, mean over i",
                size_p1_threshold(layer.m),
                cursor=layer.p1,
                expansion_name="x → 0",
            ),
            key="theory-size",
            height=480,
            alt="The expected size of the gradient in model b over p₁ against the constant of model a. "
            + counted(size),
            table=size.drop(columns="predicted"),
        )


def draw_notes(sheet: PageExport, layer: Layer, draws: int) -> None:
    """How the numbers were made, and how far they reach."""
    sheet.note(
        "Red background: model b is larger, by more than the noise where that is not known exactly, so the inequality "
        "fails. Dashed verticals: where the small-input forms of both models meet. Bands and ±: 95 % from "
        f"{draws:,} independent W; both models are made from the same random numbers, so their difference is known "
        "better than either." + (" Diamonds: exact, from all matrices of zeros and ones." if is_small(layer) else "")
    )
    sheet.note(
        "Bernoulli(p₁) with a small p₁ is the idealized Min-Max layer: most weights exactly 0. Its others are 1. Were "
        f"they c, the variance would be c² p₁(1 − p₁), and at p₁ = {layer.p1:g} the corrected condition is lost once "
        f"c > {largest_one(layer.p1):.2f}: what counts is the variance, and a few weights far away have a large one."
    )


def is_small(layer: Layer) -> bool:
    return exact_bernoulli(layer.inputs, layer.m, np.array([layer.p1])) is not None


def statements(layer: Layer, expectation: pd.DataFrame, size: pd.DataFrame) -> pd.DataFrame:
    """What is said of b <= a at one p1, from the printed proof to the simulation, a row each."""
    even = np.full(layer.m, 1.0 / layer.m)
    printed = (printed_gradient(UNIFORM, even), printed_gradient(bernoulli(layer.p1), even))
    rows = [
        {
            "Statement": "|E g|, printed proof: σ independent of W",
            "Model a": abs(printed[0]),
            "Model b": abs(printed[1]),
            "b ≤ a": "0 ≤ 0: says nothing",
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
