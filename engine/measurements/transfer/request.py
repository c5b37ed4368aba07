"""TransferRequest: classification of one run's adversarial images by other runs. No torch."""

import shlex
from collections.abc import Sequence
from typing import ClassVar

from pydantic import Field, field_validator

from engine.attacks.catalog import attack_config
from engine.measurements.request import Measurement, MeasurementKind


class TransferRequest(Measurement):
    """Adversarial images made on one run, classified by other runs."""

    kind: ClassVar[MeasurementKind] = "transfer"
    attack: str = Field(default="pgd", description="attack that makes the images")
    targets: tuple[str, ...] = Field(min_length=1, description="ids of the runs that classify the images")

    @field_validator("attack")
    @classmethod
    def _known(cls, name: str) -> str:
        return attack_config(name).name

    @field_validator("targets")
    @classmethod
    def _each_once(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(names))

    def measured(self, run_id: str) -> tuple[str, ...]:
        return tuple(dict.fromkeys((run_id, *self.targets)))

    @property
    def words(self) -> str:
        return f"{self.attack} {self._at_epsilon}, classified by {len(self.targets)} runs"

    def command(self, run_ids: Sequence[str]) -> str:
        """The equivalent command line for the whole matrix of these runs, each as source and as target."""
        words = [*run_ids, "--attack", self.attack, "--samples", str(self.samples)]
        words += ["--epsilon", repr(self.threat.epsilon), "--unit", self.threat.unit]
        words += ["--seed", str(self.seed)] if self.seed else []
        return "python -m engine transfer " + shlex.join(words)
