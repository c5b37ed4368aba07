"""The simulated layer of Theorem 1 and its controls."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import streamlit as st

from dashboard.theory.controls import log_slider, log_steps
from engine.minmax.gradients import InputKind, exact_bernoulli, input_vector

LOWER = (0.005, 0.01, 0.02, 0.03, 0.05, 0.07, 0.08, 0.09, 0.1, 0.12, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45)
P1 = np.array([*LOWER, 0.5, *(round(1 - p1, 3) for p1 in reversed(LOWER))])
KINDS = {"uniform": "uniform draw", "ones": "all the same"}
DRAWS = (500, 1_000, 2_000, 4_000)


@dataclass(frozen=True)
class SimulatedLayer:
    """One layer of m classes and n inputs.

    p1: share of ones in model b.
    kind, scale, seed: of the input; the draws of W use the same seed.
    draws: number of independent W.
    """

    m: int
    n: int
    scale: float
    p1: float
    kind: InputKind
    draws: int
    seed: int

    @cached_property
    def inputs(self) -> np.ndarray:
        """The input x, shape (n,)."""
        return input_vector(self.n, self.scale, self.kind, self.seed)

    @property
    def is_small(self) -> bool:
        """Whether the expectations can be computed exactly."""
        return exact_bernoulli(self.inputs, self.m, np.array([self.p1])) is not None

    @property
    def words(self) -> str:
        """The setting in words, for a saved page without sliders."""
        entries = f"drawn from U(0, {self.scale:g})" if self.kind == "uniform" else f"{self.scale:g} each"
        return (
            f"Setting: L = −yᵀ log softmax(Wx), y one-hot; W is {self.m} × {self.n}, its entries from U(0, 1) in model "
            f"a, from Bernoulli(p₁) in model b; entries of x {entries}; seed {self.seed}."
        )


def pick_layer() -> SimulatedLayer:
    """Two rows of controls; the URL keeps their values."""
    first, second, third, fourth = st.columns(4, vertical_alignment="bottom")
    m = first.slider("Classes m", 2, 20, 10, key="theory-m", bind="query-params")
    n = second.slider("Inputs n", 1, 60, 25, key="theory-n", bind="query-params")
    scale = log_slider(third, "Scale of x", log_steps(0.01, 10), 1.0, "theory-scale", "Entries of x are in [0, scale]")
    p1 = log_slider(
        fourth, "p₁ of model b", P1.tolist(), 0.05, "theory-p1", "Share of ones; Min-Max corresponds to a small p₁"
    )
    first, second, third = st.columns([5, 4, 3], vertical_alignment="bottom")
    kind = _pick_kind(first)
    draws = second.select_slider(
        "Draws of W", DRAWS, 2_000, format_func="{:,}".format, key="theory-draws", bind="query-params"
    )
    seed = third.number_input("Seed", 0, 9_999, 0, key="theory-seed", bind="query-params", help="Seed of x and W")
    return SimulatedLayer(m, n, scale, p1, kind, draws, seed)


def _pick_kind(place: Any) -> InputKind:
    """The kind of input: entries drawn independently, or all equal."""
    kind = place.segmented_control(
        "Input x",
        list(KINDS),
        default="uniform",
        required=True,
        format_func=KINDS.__getitem__,
        key="theory-kind",
        bind="query-params",
    )
    return "ones" if kind == "ones" else "uniform"
