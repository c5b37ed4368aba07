"""Widgets that several forms share. Their limits come from the engine, which validates every value again."""

from collections.abc import Container, Mapping, Sequence
from typing import Any

import streamlit as st
from pydantic import BaseModel

from dashboard.ui.plain_text import plain
from engine.attacks.threat import ThreatModel
from engine.data.catalog import DatasetSpec
from engine.minmax.objective import SCOPES, Scope
from engine.models.architectures import ARCHITECTURES
from engine.validation import Limits, field_limits

MOST_SEEDS = 32
TRAINING_LABELS = {
    "learning_rate": "Learning rate",
    "batch_size": "Batch size",
    "halve_every": "Halve every (epochs)",
    "snapshots_per_epoch": "Snapshots per epoch",
    "weight_limit": "Weight limit",
}


def forget_unknown(key: str, options: Container) -> None:
    """Drop the value of a widget if it is not among the current options, so that the widget uses its default."""
    if st.session_state.get(key) not in options:
        st.session_state.pop(key, None)


def addressed_select(label: str, titles: Mapping[str, str], first: str, key: str, help: str | None = None) -> str:
    """Draw a selectbox whose choice the URL always names, also the first one; return the chosen option.

    The page sets the value itself: a browser keeps that of an earlier selectbox with this key.

    Args:
        titles: option -> its title; the URL may name either.
        first: choice if neither the session nor the URL has one of the options.
        key: of the widget, its value in the session, and its parameter in the URL.
    """
    state = st.session_state
    if state.get(key) not in titles:
        named = st.query_params.get(key)
        state[key] = next((option for option, title in titles.items() if named in (option, title)), first)
    chosen = st.selectbox(label, list(titles), format_func=titles.__getitem__, key=key, help=help)
    if st.query_params.get(key) != chosen:
        st.query_params[key] = chosen
    return chosen


def number(
    place: Any, label: str, model: type[BaseModel], field: str, value: Any, key: str, low: float | None = None
) -> Any:
    """Draw a number input with the limits of a configuration's field, which its help states."""
    limits = field_limits(model, field)
    kind = type(limits.default)
    lowest = kind((limits.low or 0) if low is None else low)
    whole = {"step": 1} if kind is int else {"format": "%.6g", "step": None}
    text = f"{limits.description}: {Limits('', 0, low=lowest, high=limits.high)}"
    return place.number_input(label, lowest, kind(limits.high or 0), kind(value), key=key, help=plain(text), **whole)


def numbers(places: Sequence[Any], labels: Mapping[str, str], start: BaseModel, key: str) -> dict[str, Any]:
    """Field -> value of a number input for each field of `labels`; each input starts at the field's value in `start`.

    Args:
        key: prefix of each input's key, before the field's name.
    """
    return {
        field: number(place, label, type(start), field, getattr(start, field), f"{key}{field}")
        for place, (field, label) in zip(places, labels.items(), strict=True)
    }


def pick_scope(default: Scope, key: str) -> Scope | None:
    """Draw the choice of layers that are penalized."""
    return st.segmented_control(
        "Penalty on",
        list(SCOPES),
        default=default,
        required=True,
        format_func=lambda scope: SCOPES[scope].capitalize(),
        key=key,
    )


def pick_unit(place: Any, key: str) -> str:
    """Draw the choice of the unit of ε."""
    units = field_limits(ThreatModel, "unit").choices
    return place.selectbox("Unit of ε", units, units.index("normalized"), key=key)


def pick_threat(
    places: Sequence[Any], label: str, images: DatasetSpec, epsilon_key: str, unit_key: str
) -> dict[str, Any] | None:
    """Fields of a threat model in l∞; None for that of the paper."""
    epsilon = number(places[0], label, ThreatModel, "epsilon", images.epsilon, epsilon_key)
    unit = pick_unit(places[1], unit_key)
    is_paper = epsilon == images.epsilon and unit == "normalized"
    return None if is_paper else {"norm": "linf", "epsilon": epsilon, "unit": unit}


def pick_architecture(place: Any, images: DatasetSpec, key: str, start: str = "", help_text: str | None = None) -> str:
    """Draw the choice of architectures that accept these images; data sets of the same shape share the choice.

    Args:
        key: prefix of the widget's key; the shape of the images is appended.
        start: default architecture, if it accepts the images.
    """
    names = [name for name, spec in ARCHITECTURES.items() if spec.fits(images.shape)]
    return place.selectbox(
        "Architecture",
        names,
        names.index(start) if start in names else 0,
        format_func=lambda name: ARCHITECTURES[name].title,
        key=f"{key}-{'x'.join(map(str, images.shape))}",
        help=help_text,
    )
