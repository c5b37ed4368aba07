"""CurveRequest: accuracy against epsilon, from 0 until nothing is left. No torch."""

from typing import ClassVar

from pydantic import Field, field_validator

from engine.errors import InputError
from engine.robustness.protocol import attack_config, attack_threat
from engine.robustness.threat import ThreatModel
from engine.runs.job import Kind
from engine.runs.measurement import Measurement, digest


class CurveRequest(Measurement):
    """One attack at ever larger epsilons; that of `threat` is the first one, and the step to the next."""

    kind: ClassVar[Kind] = "curve"
    attack: str = Field(default="pgd", description="an attack in a ball")

    @field_validator("attack")
    @classmethod
    def _in_a_ball(cls, name: str) -> str:
        if attack_threat(attack_config(name), ThreatModel()) is None:
            remedy = "Evaluate it: its distances are a curve already."
            raise InputError("an attack that searches a ball", f"{name}, which minimizes", remedy)
        return name

    @field_validator("threat")
    @classmethod
    def _has_a_step(cls, threat: ThreatModel) -> ThreatModel:
        if threat.epsilon <= 0.0:
            raise InputError("a step of ε above 0", f"{threat.epsilon:g}", "Choose a larger one.")
        return threat

    @property
    def curve_id(self) -> str:
        """Digest of all that decides the numbers."""
        return digest(self.model_dump_json(), 5)

    @property
    def words(self) -> str:
        return f"{self.attack} until nothing is left, in steps of ε = {self.threat.epsilon:g} {self.threat.unit}"
