"""Identity of a training: which runs end in the same weights, and which differ only in λ, κ and seed. No torch."""

from __future__ import annotations

from engine.kept import kept
from engine.minmax.objective import ObjectiveConfig
from engine.runs.config import ProbeConfig, RunConfig
from engine.training.schedule import TrainingConfig


@kept(16384)  # pages ask for that of every run at every rerun
def training_identity(config: RunConfig) -> RunConfig:
    """`config` with the fields that do not affect the final weights set to their defaults.

    Configs with equal identities train equal networks. Fields without effect are the snapshots, the probe, the weight
    limit of a run that stayed below it, the threat model without adversarial training and the scope without a
    penalty. The device affects the last digits only and is ignored. Every other field counts.
    """
    default = TrainingConfig()
    watched = {"snapshots_per_epoch": default.snapshots_per_epoch, "weight_limit": default.weight_limit}
    same: dict = {
        "training": config.training.model_copy(update=watched),
        "probe": ProbeConfig(),
        "device": "auto",
    }
    if not config.adversarial_training:
        same["threat"] = RunConfig().threat
    if not config.objective.has_penalty:
        same["objective"] = config.objective.model_copy(update={"scope": ObjectiveConfig().scope})
    return config.model_copy(update=same)


@kept(16384)
def family(config: RunConfig) -> RunConfig:
    """Settings shared by runs that differ only in λ, κ and seed, which are points of one strength grid."""
    objective = config.objective.model_copy(update={"l1_strength": 0.0, "l2_strength": 0.0})
    return training_identity(config).model_copy(update={"objective": objective, "seed": 0})


@kept(16384)
def is_of_family(config: RunConfig, of: RunConfig) -> bool:
    """Whether a run is a point of the strength grid `of` (a `family`); without a penalty, the scope is ignored."""
    own = family(config)
    if config.objective.has_penalty:
        return own == of
    scope = {"scope": of.objective.scope}
    return own.model_copy(update={"objective": own.objective.model_copy(update=scope)}) == of
