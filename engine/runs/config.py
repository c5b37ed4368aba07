"""RunConfig: everything that determines the weights of one run; stored with the result."""

from __future__ import annotations

import hashlib
import json
from functools import cache
from importlib import metadata
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from engine.attacks.threat import ThreatModel, Unit
from engine.data.catalog import DatasetSpec, dataset_spec
from engine.data.identity import DataDigest, identity_words
from engine.errors import InputError
from engine.minmax.objective import ObjectiveConfig
from engine.minmax.penalties import PENALTIES
from engine.runs.model_config import ModelConfig
from engine.runs.variants import CUSTOM, TITLES, variant_of
from engine.training.schedule import TRAINING_VERSION, TrainingConfig
from engine.validation import validated

version = cache(metadata.version)
"""Release of an installed package, looked up once."""

ADVERSARIAL_STEPS = 10
"""Steps of the PGD inside adversarial training, epsilon / 4 each; the paper states none."""

DeviceRequest = Literal["auto", "cpu", "cuda"]


class ProbeConfig(BaseModel):
    """Settings of the robustness probe: PGD on fixed test images during training. See `RunConfig.probe_interval`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    samples: int = Field(
        default=256, ge=0, le=1024, description="test images of the robustness probe; 0 switches it off"
    )
    steps: int = Field(default=10, ge=4, le=100, description="PGD steps of the robustness probe, each ε/4")
    every: int = Field(
        default=2,
        ge=1,
        le=50,
        description="snapshots between probes; more if probes would cost more than the training",
    )


def linf_threat(spec: DatasetSpec, epsilon: float | None = None, unit: Unit = "normalized") -> ThreatModel:
    """The l∞ threat model with this ε; None uses the paper's for the data set.

    Raises:
        InputError: `epsilon` is out of its limits, or is None although the unit is not "normalized".
    """
    if epsilon is None and unit != "normalized":
        remedy = f"Give ε in this unit; the paper's ε, {spec.epsilon:g}, is in normalized units."
        raise InputError(f"an ε with the unit {unit}", "none", remedy)
    return validated(ThreatModel, norm="linf", epsilon=spec.epsilon if epsilon is None else epsilon, unit=unit)


class RunConfig(ModelConfig):
    """Configuration of a run that is trained here. Equal configs are the same run, which is trained once.

    threat: threat model of adversarial training and of the probe; the default is the paper's for the data set.
    data_digest: identity of the data (`engine.data.identity`); None for the listed contents, as in earlier versions.
    """

    seed: int = Field(default=0, ge=0, le=2**31 - 1, description="fixes initialization and order of the data")
    objective: ObjectiveConfig = ObjectiveConfig()
    training: TrainingConfig = TrainingConfig()
    adversarial_training: bool = Field(
        default=False, description="update on PGD images after every update on clean images"
    )
    threat: ThreatModel = Field(default_factory=lambda values: linf_threat(dataset_spec(values["dataset"])))
    probe: ProbeConfig = ProbeConfig()
    device: DeviceRequest = Field(default="auto", description="device for training; auto uses a GPU if available")
    data_digest: DataDigest = None

    @property
    def variant(self) -> str:
        return variant_of(self.objective, self.adversarial_training)

    @property
    def tipping_point(self) -> float | None:
        return self.objective.tipping_point

    @property
    def length(self) -> str:
        return f"{self.training.epochs} epochs" if self.training.epochs != 1 else "1 epoch"

    @property
    def passes_per_image(self) -> int:
        """Number of forward and backward passes per image in one epoch of training."""
        return 2 + ADVERSARIAL_STEPS if self.adversarial_training else 1

    @property
    def probe_passes(self) -> int:
        """Number of forward and backward passes in one probe, over all its images."""
        return self.probe.samples * (self.probe.steps + 1)

    @property
    def probe_interval(self) -> int:
        """Number of snapshots between probes: `probe.every`, or more if probes would cost more than the training."""
        train_size, snapshots = self.dataset_spec.train_size, self.training.snapshots_per_epoch
        return max(self.probe.every, -(-self.probe_passes * snapshots // (train_size * self.passes_per_image)))

    @property
    def run_id(self) -> str:
        """dataset-variant-digest, in [a-z0-9-]; the digest is of the config, TRAINING_VERSION and torch's release."""
        decisive = {
            "config": self.model_dump(mode="json"),
            "training_version": TRAINING_VERSION,
            "torch": version("torch"),
        }
        text = json.dumps(decisive, sort_keys=True, separators=(",", ":"))
        digest = hashlib.blake2b(text.encode(), digest_size=5).hexdigest()
        return f"{self.dataset}-{self.variant.replace('+', '-')}-{digest}"

    @property
    def stack_key(self) -> RunConfig:
        """Key of runs that can train as one stack: the config without seed and objective."""
        return self.model_copy(update={"seed": 0, "objective": ObjectiveConfig()})

    @property
    def label(self) -> str:
        """Name of the run in charts: variant, strengths, data if they are not the listed ones, seed."""
        parts = [TITLES[self.variant]]
        if self.objective.l1_strength:
            parts.append(f"λ {self.objective.l1_strength:g}")
        if self.objective.l2_strength < 0:
            parts.append(f"μ {-self.objective.l2_strength:g}")
        elif self.objective.l2_strength > 0:
            parts.append(f"κ {self.objective.l2_strength:g}")
        parts += [f"{PENALTIES[name].title} {strength:g}" for name, strength in self.objective.penalties]
        if self.objective.has_penalty and self.objective.scope == "all":
            parts.append("all conv")
        if self.adversarial_training and self.variant == CUSTOM:
            parts.append("adversarial")
        if self.architecture != "lenet":
            parts.append(f"on {self.architecture_spec.title}")
        data = [identity_words(self.dataset_spec, self.data_digest)] if self.data_digest else []
        return " · ".join([" ".join(parts), *data, f"seed {self.seed}"])
