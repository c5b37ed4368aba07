"""Which runs end in the same weights, and which differ only in the strengths of L1 and L2. No torch."""

from __future__ import annotations

from engine.minmax.objective import ObjectiveConfig
from engine.runs.config import ProbeConfig, RunConfig
from engine.training.schedule import TrainingConfig


def training_identity(config: RunConfig) -> RunConfig:
    """`config` with all that leaves its final weights alone at the default: equal identities train equal networks.

    How a run is watched (snapshots, probe) does not decide what it trains to, nor does the weight limit of a run that
    stayed below it; nor the threat model without adversarial training, nor the scope without a penalty. The device
    does in the last digits only. Every other field counts.
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


def family(config: RunConfig) -> RunConfig:
    """What runs share that differ only in λ, κ and seed: points of one grid, for its scope and further penalties."""
    objective = config.objective.model_copy(update={"l1_strength": 0.0, "l2_strength": 0.0})
    return training_identity(config).model_copy(update={"objective": objective, "seed": 0})


def is_of_family(config: RunConfig, of: RunConfig) -> bool:
    """Whether a run is a point of the grid `of`, a `family`; a run without any penalty is one whatever the scope."""
    own = family(config)
    if config.objective.has_penalty:
        return own == of
    scope = {"scope": of.objective.scope}
    return own.model_copy(update={"objective": own.objective.model_copy(update=scope)}) == of
