"""Measurement: base class of all requests to measure a trained network. No torch."""

import hashlib
from pathlib import Path
from typing import ClassVar, Literal, Self

from pydantic import BaseModel, ConfigDict, Field

from engine.attacks.threat import ThreatModel
from engine.data.identity import DataDigest, data_identity
from engine.formatting import epsilon_words

MeasurementKind = Literal["evaluate", "diagnose", "curve", "transfer"]


class Measurement(BaseModel):
    """One measurement of one run on test images; equal measurements give equal numbers.

    samples: number of images from the start of the fixed, stratified order of test images, so that subsets nest.
    threat: has no default, since the paper's ε differs between data sets (`linf_threat`).
    data: identity of the data that the test images belong to; None for the listed contents. `on_data` sets it.
    """

    kind: ClassVar[MeasurementKind]
    model_config = ConfigDict(frozen=True, extra="forbid")

    samples: int = Field(default=500, ge=1, le=10_000, description="number of test images, balanced over classes")
    threat: ThreatModel = Field(description="threat model of the attacks")
    seed: int = Field(default=0, ge=0, le=2**31 - 1, description="seed of the attacks' random numbers")
    data: DataDigest = None
    other_data: bool = Field(
        default=False,
        exclude_if=lambda allowed: not allowed,
        description="also measure runs that were trained on other data; the report says so",
    )

    def measured(self, run_id: str) -> tuple[str, ...]:
        """Ids of all runs whose networks are measured."""
        return (run_id,)

    @property
    def allows_other_data(self) -> bool:
        """Whether the run may have been trained on other data."""
        return self.other_data

    def on_data(self, dataset: str, data_dir: Path) -> Self:
        """The measurement on the test images in a data folder; InputError if their file is damaged."""
        return self.model_copy(update={"data": data_identity(dataset, data_dir)})

    @property
    def protocol_id(self) -> str:
        """Digest of threat model, images and seed; numbers are comparable only if it is equal."""
        return digest(self._protocol, 5)

    @property
    def _protocol(self) -> str:
        words = [self.threat.model_dump_json(), str(self.samples), str(self.seed)]
        return " ".join([*words, self.data] if self.data else words)

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
