"""Which runs end in the same weights, and which differ only in the penalty's strengths. No torch."""

from __future__ import annotations

from engine.minmax.objective import ObjectiveConfig
from engine.runs.config import ProbeConfig, RunConfig
from engine.training.schedule import TrainingConfig


def recipe(config: RunConfig) -> RunConfig:
    """`config` with all that leaves its final weights alone at the default: equal recipes train equal networks.

    How a run is watched (snapshots, probe) does not decide what it trains to, nor does the weight limit of a run that
    stayed below it; nor the threat model without adversarial training, nor the scope without a penalty. The device
    does in the last digits only.
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
    if not (config.objective.l1_strength or config.objective.l2_strength):
        same["objective"] = ObjectiveConfig()
    return config.model_copy(update=same)


def family(config: RunConfig) -> RunConfig:
    """What runs have in common that differ only in λ, κ and seed: points of one plane, for its scope of the penalty."""
    objective = ObjectiveConfig(scope=config.objective.scope)
    return recipe(config).model_copy(update={"objective": objective, "seed": 0})


def is_of_family(config: RunConfig, of: RunConfig) -> bool:
    """Whether a run is a point of the plane `of`, a `family`; without a penalty it is one whatever the scope."""
    own = family(config)
    if config.objective.l1_strength or config.objective.l2_strength:
        return own == of
    return own.model_copy(update={"objective": of.objective}) == of
