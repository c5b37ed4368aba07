"""LaunchRequest: what a person asks for, in the form or on the command line, and the runs it means."""

from __future__ import annotations

import shlex

from pydantic import BaseModel, ConfigDict, field_validator

from engine.data.catalog import dataset_spec
from engine.errors import InputError
from engine.minmax.objective import Scope
from engine.robustness.threat import ThreatModel
from engine.runs.config import DeviceRequest, ProbeConfig, RunConfig, linf_threat
from engine.runs.variants import variant_objective
from engine.training.schedule import TrainingConfig
from engine.validation import validated

MOST_RUNS = 256


class LaunchRequest(BaseModel):
    """Variants x seeds with everything else in common.

    l1_strength, l2_strength: for the variants that have them.
    threat: None stands for the paper's, linf at the data set's epsilon in normalized units.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    dataset: str = "mnist-mini"
    architecture: str = "lenet"
    variants: tuple[str, ...] = ("std", "min-max")
    seeds: tuple[int, ...] = (0,)
    l1_strength: float = 0.1
    l2_strength: float = -0.1
    scope: Scope = "conv1"
    training: TrainingConfig = TrainingConfig()
    threat: ThreatModel | None = None
    probe: ProbeConfig = ProbeConfig()
    device: DeviceRequest = "auto"

    @field_validator("variants", "seeds")
    @classmethod
    def _some(cls, values: tuple) -> tuple:
        if not values:
            raise InputError("at least one variant and one seed", "none", "Choose some.")
        return tuple(dict.fromkeys(values))

    def configs(self) -> list[RunConfig]:
        """One RunConfig per variant and seed.

        Raises:
            InputError: something is out of its limits, or there would be more than MOST_RUNS.
        """
        count = len(self.variants) * len(self.seeds)
        if count > MOST_RUNS:
            raise InputError(f"at most {MOST_RUNS} runs in one launch", str(count), "Launch fewer variants or seeds.")
        threat = self.threat or linf_threat(dataset_spec(self.dataset))
        return [
            validated(
                RunConfig,
                dataset=self.dataset,
                architecture=self.architecture,
                seed=seed,
                objective=variant_objective(variant, self.l1_strength, self.l2_strength, self.scope),
                training=self.training,
                adversarial_training=variant == "adv",
                threat=threat,
                probe=self.probe,
                device=self.device,
            )
            for seed in self.seeds
            for variant in self.variants
        ]

    def command(self) -> str:
        """The command line that asks for the same; what equals the default is left out."""
        words = ["--dataset", self.dataset]
        if self.architecture != "lenet":
            words += ["--architecture", self.architecture]
        for variant in self.variants:
            words += ["--variant", variant]
        for seed in self.seeds:
            words += ["--seed", str(seed)]
        if {"std+l1", "min-max"} & set(self.variants):
            words += ["--l1", repr(self.l1_strength)]
        if {"std+l2", "min-max"} & set(self.variants):
            words += ["--l2", repr(self.l2_strength)]
        if self.scope != "conv1":
            words += ["--scope", self.scope]
        words += ["--epochs", str(self.training.epochs)]
        words += _options(self.training, {"epochs"}, "")
        words += _options(self.probe, set(), "probe-")
        if self.threat is not None:
            words += ["--epsilon", repr(self.threat.epsilon), "--unit", self.threat.unit]
        if self.device != "auto":
            words += ["--device", self.device]
        return "python -m engine launch " + shlex.join(words)


def _options(config: BaseModel, leave_out: set[str], prefix: str) -> list[str]:
    words = []
    for name, field in type(config).model_fields.items():
        value = getattr(config, name)
        if name not in leave_out and value != field.default:
            words += [f"--{prefix}{name.replace('_', '-')}", str(value)]
    return words
