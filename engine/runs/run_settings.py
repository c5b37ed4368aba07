"""RunSettings: the settings that all runs of a launch share."""

from __future__ import annotations

from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict

from engine.attacks.threat import ThreatModel
from engine.data.identity import DataDigest, data_identity
from engine.minmax.objective import ObjectiveConfig, Scope
from engine.runs.config import DeviceRequest, ProbeConfig, RunConfig
from engine.training.schedule import TrainingConfig
from engine.validation import validated

MOST_RUNS = 256
"""Largest number of runs in one launch."""


class RunSettings(BaseModel):
    """Settings of a run except its objective and seed.

    threat: None means the paper's threat model: linf at the data set's epsilon in normalized units.
    data_digest: as in RunConfig; `on_data` takes it from a data folder.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    dataset: str = "mnist-mini"
    architecture: str = "lenet"
    scope: Scope = "conv1"
    training: TrainingConfig = TrainingConfig()
    threat: ThreatModel | None = None
    probe: ProbeConfig = ProbeConfig()
    device: DeviceRequest = "auto"
    data_digest: DataDigest = None

    def on_data(self, data_dir: Path) -> Self:
        """These settings for the images in a data folder, which decide what the runs train to and their ids.

        Raises:
            InputError: the data set is unknown, or its file is damaged.
        """
        return self.model_copy(update={"data_digest": data_identity(self.dataset, data_dir)})

    def config(self, objective: ObjectiveConfig, seed: int, adversarial_training: bool = False) -> RunConfig:
        """One run with these settings.

        Raises:
            InputError: a value is out of its limits.
        """
        threat = {} if self.threat is None else {"threat": self.threat}
        return validated(
            RunConfig,
            dataset=self.dataset,
            architecture=self.architecture,
            seed=seed,
            objective=objective,
            training=self.training,
            adversarial_training=adversarial_training,
            probe=self.probe,
            device=self.device,
            data_digest=self.data_digest,
            **threat,
        )

    def network_words(self) -> list[str]:
        """Command-line options for data set and architecture; a default architecture is omitted."""
        words = ["--dataset", self.dataset]
        return words if self.architecture == "lenet" else [*words, "--architecture", self.architecture]

    def training_words(self) -> list[str]:
        """Command-line options for all other settings; default values are omitted."""
        default = {name: type(self).model_fields[name].default for name in ("training", "probe")}
        words = ["--scope", self.scope] if self.scope != "conv1" else []
        words += ["--epochs", str(self.training.epochs)]
        words += _options(self.training, default["training"], {"epochs"}, "")
        words += _options(self.probe, default["probe"], set(), "probe-")
        if self.threat is not None:
            words += ["--epsilon", repr(self.threat.epsilon), "--unit", self.threat.unit]
        return words if self.device == "auto" else [*words, "--device", self.device]


def _options(config: BaseModel, default: BaseModel, leave_out: set[str], prefix: str) -> list[str]:
    words = []
    for name in type(config).model_fields:
        value = getattr(config, name)
        if name not in leave_out and value != getattr(default, name):
            words += [f"--{prefix}{name.replace('_', '-')}", str(value)]
    return words
