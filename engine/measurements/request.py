"""Measurement: base class of all requests to measure a trained network. No torch."""

import hashlib
from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from engine.attacks.threat import ThreatModel
from engine.formatting import epsilon_words

MeasurementKind = Literal["evaluate", "diagnose", "curve", "transfer"]


class Measurement(BaseModel):
    """One measurement of one run on test images; equal measurements give equal numbers.

    samples: number of images from the start of the fixed, stratified order of test images, so that subsets nest.
    threat: has no default, since the paper's ε differs between data sets (`linf_threat`).
    """

    kind: ClassVar[MeasurementKind]
    model_config = ConfigDict(frozen=True, extra="forbid")

    samples: int = Field(default=500, ge=1, le=10_000, description="number of test images, balanced over classes")
    threat: ThreatModel = Field(description="threat model of the attacks")
    seed: int = Field(default=0, ge=0, le=2**31 - 1, description="seed of the attacks' random numbers")

    @property
    def protocol_id(self) -> str:
        """Digest of threat model, images and seed; numbers are comparable only if it is equal."""
        return digest(f"{self.threat.model_dump_json()} {self.samples} {self.seed}", 5)

    @property
    def words(self) -> str:
        """Title in the queue."""
        raise NotImplementedError

    def job_id(self, run_id: str) -> str:
        """Id of the queue row of this request for `run_id`."""
        return f"{run_id}--{self.kind}-{digest(self.model_dump_json(), 8)}"

    @property
    def _at_epsilon(self) -> str:
        return f"at {epsilon_words(self.threat.epsilon, self.threat.unit)}"


def digest(text: str, size: int) -> str:
    """Digest of a text, 2 * `size` hexadecimal digits."""
    return hashlib.blake2b(text.encode(), digest_size=size).hexdigest()
