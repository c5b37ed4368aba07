"""Launch form. Its limits come from the engine, which validates every value again."""

from typing import Any

import streamlit as st

from dashboard.ui.plain_text import plain
from dashboard.ui.widgets import (
    MOST_SEEDS,
    TRAINING_LABELS,
    number,
    numbers,
    pick_architecture,
    pick_scope,
    pick_threat,
)
from engine.attacks.threat import ThreatModel
from engine.data.catalog import DATASETS
from engine.errors import InputError
from engine.minmax.objective import ObjectiveConfig
from engine.minmax.penalties import further_penalties
from engine.paper.presets import PRESETS
from engine.runs.config import ProbeConfig, RunConfig
from engine.runs.launch import LaunchRequest
from engine.runs.variants import VARIANTS
from engine.training.optimizers import OPTIMIZERS
from engine.training.schedule import TrainingConfig
from engine.validation import field_limits, validated

PROBE_LABELS = {"samples": "Probe images", "steps": "Probe steps", "every": "Probe every (snapshots)"}
ARCHITECTURE_HELP = "The paper uses LeNet; larger networks take longer to train"


def draw_form() -> LaunchRequest | InputError:
    """Draw the form; return its request, or the first error in it."""
    name = st.selectbox("Preset", list(PRESETS), format_func=lambda key: PRESETS[key].title, key="preset")
    preset = PRESETS[name]
    st.caption(plain(preset.about))
    start, prefix = preset.request, f"{name}-"  # each preset has its own widgets, filled with its values
    fields = _read_data_and_scope(start, prefix)
    variants = _read_variants(start, prefix)
    strengths, epochs, seeds = _read_numbers(start, prefix)
    with st.expander("More settings"):
        training = start.training.model_dump() | {"epochs": epochs} | _read_training(start.training, prefix)
        probe = numbers(st.columns(3), PROBE_LABELS, start.probe, f"{prefix}probe-")
        threat, device = _read_threat_and_device(fields["dataset"], prefix)
        key = f"{prefix}architecture"
        architecture = pick_architecture(st, DATASETS[fields["dataset"]], key, start.architecture, ARCHITECTURE_HELP)
        penalties = _read_penalties(start, prefix)
    try:
        return validated(
            LaunchRequest,
            **fields,
            **strengths,
            penalties=penalties,
            variants=variants,
            architecture=architecture,
            seeds=seeds,
            training=validated(TrainingConfig, **training),
            threat=None if threat is None else validated(ThreatModel, **threat),
            probe=validated(ProbeConfig, **probe),
            device=device,
        )
    except InputError as error:
        return error


def _read_data_and_scope(start: LaunchRequest, prefix: str) -> dict[str, Any]:
    left, right = st.columns(2)
    with left:
        dataset = st.selectbox(
            "Data set",
            list(DATASETS),
            list(DATASETS).index(start.dataset),
            format_func=lambda entry: f"{DATASETS[entry].title}, {DATASETS[entry].train_size:,} images",
            key=f"{prefix}dataset",
        )
    with right:
        scope = pick_scope(start.scope, f"{prefix}scope")
    return {"dataset": dataset, "scope": scope}


def _read_variants(start: LaunchRequest, prefix: str) -> tuple[str, ...]:
    variants = st.pills(
        "Variants",
        list(VARIANTS),
        selection_mode="multi",
        default=list(start.variants),
        format_func=VARIANTS.__getitem__,
        key=f"{prefix}variants",
        help="Std: cross entropy only. Adv: an update on PGD images after every clean one. The others add a penalty.",
    )
    return tuple(variants)


def _read_numbers(start: LaunchRequest, prefix: str) -> tuple[dict[str, float], int, tuple[int, ...]]:
    """Penalty strengths, number of epochs and seeds, from one row of widgets."""
    first, second, third, fourth, fifth = st.columns(5)
    l1 = number(first, "λ (L1)", ObjectiveConfig, "l1_strength", start.l1_strength, f"{prefix}l1")
    mu = number(second, "μ (−L2)", ObjectiveConfig, "l2_strength", abs(start.l2_strength), f"{prefix}mu", low=0.0)
    epochs = number(third, "Epochs", TrainingConfig, "epochs", start.training.epochs, f"{prefix}epochs")
    seeds = fourth.number_input("Seeds", 1, MOST_SEEDS, len(start.seeds), key=f"{prefix}seeds", help="Runs per variant")
    seed = number(fifth, "First seed", RunConfig, "seed", start.seeds[0], f"{prefix}seed")
    return {"l1_strength": l1, "l2_strength": -mu}, epochs, tuple(range(seed, seed + seeds))


def _read_penalties(start: LaunchRequest, prefix: str) -> dict[str, float]:
    """Strengths of the registered penalties other than L1 and L2; without such penalties, no widget is drawn."""
    return {
        name: st.number_input(
            plain(penalty.title),
            penalty.low,
            penalty.high,
            dict(start.penalties).get(name, 0.0),
            key=f"{prefix}penalty-{name}",
            help=f"Strength of this penalty in the objective of every run: {penalty.low:g} to {penalty.high:g}",
            format="%.6g",
            step=None,
        )
        for name, penalty in further_penalties().items()
    }


def _read_training(start: TrainingConfig, prefix: str) -> dict[str, Any]:
    first, second, third = st.columns(3)
    optimizer = first.selectbox(
        "Optimizer",
        list(OPTIMIZERS),
        list(OPTIMIZERS).index(start.optimizer),
        format_func=lambda name: OPTIMIZERS[name].title,
        key=f"{prefix}optimizer",
    )
    return {"optimizer": optimizer} | numbers([second, third, *st.columns(3)], TRAINING_LABELS, start, prefix)


def _read_threat_and_device(dataset: str, prefix: str) -> tuple[dict[str, Any] | None, str]:
    *places, last = st.columns(3)
    epsilon_key, unit_key = f"{prefix}epsilon-{dataset}", f"{prefix}unit"
    threat = pick_threat(places, "ε for Adv and probe", DATASETS[dataset], epsilon_key, unit_key)
    return threat, last.selectbox("Device", field_limits(RunConfig, "device").choices, key=f"{prefix}device")
