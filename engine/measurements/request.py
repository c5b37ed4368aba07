"""Measurement: what all requests to measure a trained network share. No torch."""

import hashlib
from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from engine.attacks.threat import ThreatModel
from engine.formatting import epsilon_words

MeasurementKind = Literal["evaluate", "diagnose", "curve", "transfer"]


class Measurement(BaseModel):
    """One thing to be measured of one run on test images; equal measurements give equal numbers.

    samples: the first so many of the fixed, stratified order of test images, so that subsets nest.
    threat: has no default, since the paper's differs from data set to data set (`linf_threat`).
    """

    kind: ClassVar[MeasurementKind]
    model_config = ConfigDict(frozen=True, extra="forbid")

    samples: int = Field(default=500, ge=1, le=10_000, description="test images, classes in equal shares")
    threat: ThreatModel = Field(description="threat model of the attacks")
    seed: int = Field(default=0, ge=0, le=2**31 - 1, description="of the attacks' random numbers")

    @property
    def protocol_id(self) -> str:
        """Digest of threat model, images and seed: what must be equal for numbers to stand side by side."""
        return digest(f"{self.threat.model_dump_json()} {self.samples} {self.seed}", 5)

    @property
    def words(self) -> str:
        """What the queue calls it."""
        raise NotImplementedError

    def job_id(self, run_id: str) -> str:
        """Of the queue's row that measures `run_id` like this."""
        return f"{run_id}--{self.kind}-{digest(self.model_dump_json(), 8)}"

    @property
    def _at_epsilon(self) -> str:
        return f"at {epsilon_words(self.threat.epsilon, self.threat.unit)}"


def digest(text: str, size: int) -> str:
    """2 * `size` hexadecimal digits."""
    return hashlib.blake2b(text.encode(), digest_size=size).hexdigest()
