"""The launch form: every limit comes from the engine, every value is checked there again."""

from typing import Any

import streamlit as st
from pydantic import BaseModel

from engine.attacks.threat import ThreatModel
from engine.data.catalog import DATASETS, DatasetSpec
from engine.errors import InputError
from engine.minmax.objective import SCOPES, ObjectiveConfig, Scope
from engine.models.architectures import ARCHITECTURES
from engine.paper.presets import PRESETS
from engine.runs.config import ProbeConfig, RunConfig
from engine.runs.launch import LaunchRequest
from engine.runs.variants import VARIANTS
from engine.training.schedule import TrainingConfig
from engine.validation import Limits, field_limits, validated

MOST_SEEDS = 32


def draw_form() -> LaunchRequest | InputError:
    """The widgets; what they ask for, or the first thing wrong with it."""
    name = st.selectbox("Preset", list(PRESETS), format_func=lambda key: PRESETS[key].title, key="preset")
    preset = PRESETS[name]
    st.caption(preset.about)
    start = preset.request

    def key(field: str) -> str:
        return f"{name}-{field}"  # another preset is another set of widgets, filled with its values

    left, right = st.columns(2)
    with left:
        dataset = st.selectbox(
            "Data set",
            list(DATASETS),
            list(DATASETS).index(start.dataset),
            format_func=lambda entry: f"{DATASETS[entry].title}, {DATASETS[entry].train_size:,} images",
            key=key("dataset"),
        )
    with right:
        scope = pick_scope(start.scope, key("scope"))
    variants = st.pills(
        "Variants",
        list(VARIANTS),
        selection_mode="multi",
        default=list(start.variants),
        format_func=VARIANTS.__getitem__,
        key=key("variants"),
        help="Std: cross entropy alone. Adv: every batch also as its PGD version. The others add the penalty.",
    )
    first, second, third, fourth, fifth = st.columns(5)
    l1 = number(first, "λ (L1)", ObjectiveConfig, "l1_strength", start.l1_strength, key("l1"))
    mu = number(second, "μ (−L2)", ObjectiveConfig, "l2_strength", abs(start.l2_strength), key("mu"), low=0.0)
    epochs = number(third, "Epochs", TrainingConfig, "epochs", start.training.epochs, key("epochs"))
    seeds = fourth.number_input("Seeds", 1, MOST_SEEDS, len(start.seeds), key=key("seeds"), help="Runs per variant")
    seed = number(fifth, "First seed", RunConfig, "seed", start.seeds[0], key("seed"))
    with st.expander("More settings"):
        training = start.training.model_dump() | {"epochs": epochs} | _training(start.training, key)
        probe = _probe(start.probe, key)
        threat, device = _threat_and_device(DATASETS[dataset].epsilon, dataset, key)
        architecture = _architecture(DATASETS[dataset], start.architecture, key)
    try:
        return validated(
            LaunchRequest,
            dataset=dataset,
            architecture=architecture,
            variants=tuple(variants),
            seeds=tuple(range(seed, seed + seeds)),
            l1_strength=l1,
            l2_strength=-mu,
            scope=scope,
            training=validated(TrainingConfig, **training),
            threat=None if threat is None else validated(ThreatModel, **threat),
            probe=validated(ProbeConfig, **probe),
            device=device,
        )
    except InputError as error:
        return error


def pick_scope(default: Scope, key: str) -> Scope | None:
    """The layers of the penalty."""
    return st.segmented_control(
        "Penalty on",
        list(SCOPES),
        default=default,
        required=True,
        format_func=lambda scope: SCOPES[scope].capitalize(),
        key=key,
    )


def number(
    place: Any, label: str, model: type[BaseModel], field: str, value: Any, key: str, low: float | None = None
) -> Any:
    """A number input with the limits of a configuration's field, stated in its help."""
    limits = field_limits(model, field)
    kind = type(limits.default)
    lowest = kind((limits.low or 0) if low is None else low)
    whole = {"step": 1} if kind is int else {"format": "%.6g", "step": None}
    text = f"{limits.description}: {Limits('', 0, low=lowest, high=limits.high)}"
    return place.number_input(label, lowest, kind(limits.high or 0), kind(value), key=key, help=text, **whole)


def _training(start: TrainingConfig, key: Any) -> dict[str, Any]:
    first, second, third = st.columns(3)
    values: dict[str, Any] = {
        "optimizer": first.selectbox(
            "Optimizer",
            field_limits(TrainingConfig, "optimizer").choices,
            format_func={"adam": "Adam", "sgd": "SGD"}.__getitem__,
            key=key("optimizer"),
        )
    }
    places = {"learning_rate": second, "batch_size": third}
    fourth, fifth, sixth = st.columns(3)
    places |= {"halve_every": fourth, "snapshots_per_epoch": fifth, "weight_limit": sixth}
    labels = {
        "learning_rate": "Learning rate",
        "batch_size": "Batch size",
        "halve_every": "Halve every (epochs)",
        "snapshots_per_epoch": "Snapshots per epoch",
        "weight_limit": "Weight limit",
    }
    for field, place in places.items():
        values[field] = number(place, labels[field], TrainingConfig, field, getattr(start, field), key(field))
    return values


def _probe(start: ProbeConfig, key: Any) -> dict[str, Any]:
    labels = {"samples": "Probe images", "steps": "Probe steps", "every": "Probe every (snapshots)"}
    return {
        field: number(place, labels[field], ProbeConfig, field, getattr(start, field), key(f"probe-{field}"))
        for place, field in zip(st.columns(3), labels, strict=True)
    }


def _architecture(images: DatasetSpec, start: str, key: Any) -> str:
    """One of those that take such images; the choice is kept for all data sets of one shape."""
    names = [name for name, spec in ARCHITECTURES.items() if spec.fits(images.shape)]
    return st.selectbox(
        "Architecture",
        names,
        names.index(start) if start in names else 0,
        format_func=lambda name: ARCHITECTURES[name].title,
        key=key(f"architecture-{'x'.join(map(str, images.shape))}"),
        help="LeNet is the paper's. The others take pixels as they are, and take several times as long.",
    )


def _threat_and_device(paper: float, dataset: str, key: Any) -> tuple[dict[str, Any] | None, str]:
    first, second, third = st.columns(3)
    epsilon = number(first, "ε of Adv and probe", ThreatModel, "epsilon", paper, key(f"epsilon-{dataset}"))
    units = field_limits(ThreatModel, "unit").choices
    unit = second.selectbox("Unit of ε", units, units.index("normalized"), key=key("unit"))
    device = third.selectbox("Device", field_limits(RunConfig, "device").choices, key=key("device"))
    is_paper = epsilon == paper and unit == "normalized"
    return (None if is_paper else {"norm": "linf", "epsilon": epsilon, "unit": unit}), device
