"""Theorem 1 with σ depending on W: both models over p1, and a corrected condition."""

import pandas as pd
import streamlit as st

from dashboard import sources
from dashboard.figures.theorem import theorem_figure
from dashboard.frames.theory import theorem_frame
from dashboard.theory.simulated_layer import P1, SimulatedLayer, pick_layer
from dashboard.theory.statements import FORMATS, statements
from dashboard.theory.verdict import counted, curve_words, row_at, verdict_title, verdict_words
from dashboard.ui.page_export import PageExport
from dashboard.ui.plain_text import plain
from engine.minmax.gradients import exact_bernoulli, exact_uniform
from engine.minmax.theorem import (
    UNIFORM,
    bernoulli,
    bernoulli_gradient_size,
    corrected_p1_threshold,
    expected_gradient,
    largest_one,
    size_p1_threshold,
    uniform_gradient_size,
)


def draw_theorem(export: PageExport) -> None:
    """Draw controls, the verdict at one p1, charts of both quantities over p1, and a table."""
    layer = pick_layer()
    expectation, size = theorem_frames(layer)
    draw_verdict(export, expectation, layer.p1)
    export.note(layer.words)
    draw_charts(export, layer, expectation, size)
    export.table(
        statements(layer, expectation, size),
        key="theory-statements",
        title=f"b ≤ a at p₁ = {layer.p1:g}?",
        column_config=FORMATS,
    )
    draw_notes(export, layer)


def theorem_frames(layer: SimulatedLayer) -> tuple[pd.DataFrame, pd.DataFrame]:
    """|E g| and E|g| at every value of P1, each as a `theorem_frame`."""
    m, inputs = layer.m, layer.inputs
    found = sources.simulation(m, layer.n, layer.kind, layer.scale, tuple(P1.tolist()), layer.draws, layer.seed)
    truth = exact_bernoulli(inputs, m, P1) or (None, None)
    small = (expected_gradient(UNIFORM, m, inputs), expected_gradient(bernoulli(P1), m, inputs))
    expectation = theorem_frame(P1, found.expectation, small, (exact_uniform(inputs, m), truth[0]))
    sizes = (uniform_gradient_size(m), bernoulli_gradient_size(m, P1))
    return expectation, theorem_frame(P1, found.size, sizes, (uniform_gradient_size(m) if m == 2 else None, truth[1]))


def draw_verdict(export: PageExport, expectation: pd.DataFrame, p1: float) -> None:
    """Draw the verdict on the theorem at this p1, in words."""
    row = row_at(expectation, p1)
    icons = {"holds": ":material/check:", "fails": ":material/close:", "within noise": ":material/question_mark:"}
    st.markdown(f"{icons[row['verdict']]} **{plain(verdict_title(row))}**")
    export.note(verdict_words(row))
    export.note(curve_words(expectation))


def draw_charts(export: PageExport, layer: SimulatedLayer, expectation: pd.DataFrame, size: pd.DataFrame) -> None:
    """Draw charts of |E g|, the subject of the theorem, and E|g|, which bounds the effect of a small perturbation."""
    left, right = st.columns(2)
    with left:
        export.chart(
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
            alt=f"Expected gradient in model b over p₁, and its constant value in model a. {curve_words(expectation)}",
            table=expectation,
        )
    with right:
        export.chart(
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
            alt="Expected gradient size in model b over p₁, and its constant value in model a. " + counted(size),
            table=size.drop(columns="predicted"),
        )


def draw_notes(export: PageExport, layer: SimulatedLayer) -> None:
    """Draw notes on the charts and on the limits of the condition."""
    diamonds = " Diamonds: exact values, from all matrices of zeros and ones." if layer.is_small else ""
    export.note(
        "Red background: the inequality fails, because model b is larger (by more than the noise, if no exact value is "
        "known). Dashed vertical lines: values of p₁ at which the small-input forms of both models are equal. Bands "
        f"and ±: 95 % intervals from {layer.draws:,} independent W. Both models use the same random numbers, so their "
        f"difference has a smaller error than either value.{diamonds}"
    )
    export.note(
        "Bernoulli(p₁) with a small p₁ is an idealized Min-Max layer: most weights are exactly 0 and the others are 1. "
        f"If the others were c, the variance would be c² p₁(1 − p₁), and at p₁ = {layer.p1:g} the corrected condition "
        f"would fail for c > {largest_one(layer.p1):.2f}. The variance decides, and a few large weights make it large."
    )
