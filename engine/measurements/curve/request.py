"""CurveRequest: accuracy against epsilon, from 0 until no image is correct. No torch."""

import shlex
from collections.abc import Sequence
from typing import ClassVar

from pydantic import Field, field_validator

from engine.attacks.catalog import ATTACKS, attack_config
from engine.attacks.threat import ThreatModel
from engine.data.catalog import DatasetSpec
from engine.errors import InputError
from engine.formatting import epsilon_words
from engine.measurements.request import Measurement, MeasurementKind, digest

CURVE_ATTACKS = tuple(name for name, attack in ATTACKS.items() if not attack.minimizes)
SMALLEST_STEP = 1e-4


class CurveRequest(Measurement):
    """One attack at increasing epsilons; the epsilon of `threat` is the first one and the step."""

    kind: ClassVar[MeasurementKind] = "curve"
    attack: str = Field(default="pgd", description="attack that searches a ball")

    @field_validator("attack")
    @classmethod
    def _in_a_ball(cls, name: str) -> str:
        if attack_config(name).minimizes:
            remedy = "Evaluate the run with this attack: its distances give a curve."
            raise InputError("an attack that searches a ball", f"{name}, which minimizes", remedy)
        return name

    @field_validator("threat")
    @classmethod
    def _has_a_step(cls, threat: ThreatModel) -> ThreatModel:
        if threat.epsilon < SMALLEST_STEP:
            raise InputError(
                f"a step of ε of at least {SMALLEST_STEP:g}",
                f"{threat.epsilon:g}",
                f"Choose a step of {SMALLEST_STEP:g} or more.",
            )
        return threat

    @property
    def curve_id(self) -> str:
        """Digest of everything that determines the numbers."""
        return digest(self.model_dump_json(), 5)

    @property
    def words(self) -> str:
        step = epsilon_words(self.threat.epsilon, self.threat.unit)
        return f"{self.attack} until no image is correct, in steps of {step}"

    def command(self, run_ids: Sequence[str]) -> str:
        """The equivalent command line."""
        words = [*run_ids, "--attack", self.attack, "--step", repr(self.threat.epsilon), "--unit", self.threat.unit]
        words += ["--samples", str(self.samples)]
        words += ["--seed", str(self.seed)] if self.seed != type(self).model_fields["seed"].default else []
        return "python -m engine curve " + shlex.join(words)


def paper_step(spec: DatasetSpec) -> float:
    """A third of the paper's epsilon, in normalized units: small enough to show where a curve falls."""
    return float(f"{spec.epsilon / 3:.4g}")
