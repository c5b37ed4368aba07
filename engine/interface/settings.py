"""The settings of a run as keyword arguments, and the configuration built from them. No torch."""

from __future__ import annotations

from collections.abc import Mapping
from numbers import Real
from pathlib import Path
from typing import Any, TypedDict

from engine.attacks.threat import Unit
from engine.data.catalog import dataset_spec
from engine.data.sources import fetch_dataset
from engine.errors import InputError
from engine.minmax.objective import Scope
from engine.runs.config import DeviceRequest, ProbeConfig, RunConfig, linf_threat
from engine.runs.launch import LaunchRequest
from engine.runs.variants import VARIANTS
from engine.training.schedule import OptimizerName, TrainingConfig
from engine.validation import validated

LARGEST_STRENGTH = 10.0

STRENGTHS: dict[str, tuple[str, ...]] = {
    "std": (),
    "std+l1": ("l1",),
    "std+l2": ("l2",),
    "adv": (),
    "min-max": ("l1", "mu"),
}
"""The penalty strengths of each variant."""

FIELDS = {"l1": ("l1_strength", 1.0), "l2": ("l2_strength", 1.0), "mu": ("l2_strength", -1.0)}
"""Configuration field that each strength sets, and its sign."""


class Settings(TypedDict, total=False):
    """Optional settings of `engine.train`, with the names, limits and defaults of the configuration."""

    architecture: str
    scope: Scope
    penalties: Mapping[str, float]
    epochs: int
    batch_size: int
    optimizer: OptimizerName
    learning_rate: float
    halve_every: int
    snapshots_per_epoch: int
    weight_limit: float
    epsilon: float | None
    unit: Unit
    probe_samples: int
    probe_steps: int
    probe_every: int


def build_config(
    dataset: str,
    variant: str,
    strengths: Mapping[str, float | None],
    seed: int,
    device: DeviceRequest,
    data_dir: Path,
    settings: Mapping[str, Any],
) -> RunConfig:
    """The configuration of one run; equal to what the command line and the dashboard build from the same settings.

    Args:
        strengths: l1, mu and l2; None means the default of a variant that has this strength.
        data_dir: folder of data sets. A data set without listed contents is downloaded, since it decides the run's id.
        settings: the fields of `Settings`, each optional.

    Raises:
        InputError: a name is unknown, a value is outside its limits, or the data cannot be read.
    """
    for name in settings:
        if name not in Settings.__annotations__:
            known = f"a setting of a run, one of {', '.join(Settings.__annotations__)}"
            raise InputError(known, repr(name), "Choose one of these names.")
    threat, (epsilon, unit) = None, (settings.get("epsilon"), settings.get("unit", "normalized"))
    if epsilon is not None or unit != "normalized":
        threat = linf_threat(dataset_spec(dataset), epsilon, unit)
    request = validated(
        LaunchRequest,
        dataset=dataset,
        variants=(variant,),
        seeds=(seed,),
        **_checked_strengths(variant, strengths),
        training=validated(TrainingConfig, **_fields(settings, TrainingConfig, "")),
        probe=validated(ProbeConfig, **_fields(settings, ProbeConfig, "probe_")),
        threat=threat,
        device=device,
        **{name: settings[name] for name in ("architecture", "scope", "penalties") if name in settings},
    )
    (config,) = request.configs()
    if config.dataset_spec.listed is None:
        fetch_dataset(dataset, data_dir)
    (config,) = request.on_data(data_dir).configs()
    return config


def _fields(settings: Mapping[str, Any], model: type[TrainingConfig | ProbeConfig], prefix: str) -> dict[str, Any]:
    names = {f"{prefix}{name}": name for name in model.model_fields}
    return {names[name]: value for name, value in settings.items() if name in names}


def _checked_strengths(variant: str, strengths: Mapping[str, float | None]) -> dict[str, float]:
    """The strengths of a LaunchRequest, where mu is a negative L2 strength; None keeps the default."""
    chosen: dict[str, float] = {}
    for name, value in strengths.items():
        if value is None:
            continue
        if name not in STRENGTHS.get(variant, strengths):
            remedy = f"Leave out {name}, or choose another variant."
            raise InputError(f"no {name} for the variant {VARIANTS[variant]}", repr(value), remedy)
        if not isinstance(value, Real) or not 0.0 < value <= LARGEST_STRENGTH:
            limits = f"{name} above 0, at most {LARGEST_STRENGTH:g}"
            raise InputError(limits, repr(value), f"Pass, for example, {name}=0.1.")
        field, sign = FIELDS[name]
        chosen[field] = sign * float(value)
    return chosen
