"""Sliders on a logarithmic scale."""

import math
from typing import Any

import streamlit as st

from engine.minmax.objective import ObjectiveConfig
from engine.validation import field_limits

WEAKEST = 0.001


def log_steps(low: float, high: float) -> list[float]:
    """1, 2 and 5 times the powers of ten within [low, high], ascending."""
    exponents = range(math.floor(math.log10(low)), math.floor(math.log10(high)) + 1)
    values = (float(f"{digit}e{exponent}") for exponent in exponents for digit in (1, 2, 5))
    return [value for value in values if low <= value <= high]


def log_slider(place: Any, label: str, options: list[float], value: float, key: str, help_text: str) -> float:
    """A slider over `options`; the URL keeps its value."""
    return place.select_slider(
        label, options, value, format_func="{:,g}".format, key=key, help=help_text, bind="query-params"
    )


def pick_strengths() -> tuple[float, float]:
    """λ and κ = −μ, each 0 or between WEAKEST and the limit of a run's configuration."""
    first, second = st.columns(2)
    l1, l2 = field_limits(ObjectiveConfig, "l1_strength"), field_limits(ObjectiveConfig, "l2_strength")
    most_l1, most_mu = float(l1.high or 0.0), -float(l2.low or 0.0)
    pulls = [0.0, *log_steps(WEAKEST, most_l1)]
    pushes = [0.0, *log_steps(WEAKEST, most_mu)]
    strength = log_slider(first, "λ, pulls weights to 0", pulls, 0.1, "theory-l1", f"L1 strength: 0 to {most_l1:g}")
    mu = log_slider(
        second, "μ, pushes weights away from 0", pushes, 0.1, "theory-mu", f"−L2 strength: 0 to {most_mu:g}"
    )
    return strength, -mu
