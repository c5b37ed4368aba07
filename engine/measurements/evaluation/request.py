"""EvaluationRequest: attacks, threat model and images of an evaluation. No torch."""

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar, Self

from pydantic import Field, field_validator, model_validator

from engine.attacks.catalog import PAPER_ATTACKS, attack_config, attack_names, check_attacks
from engine.attacks.threat import ThreatModel
from engine.errors import InputError
from engine.measurements.request import Measurement, MeasurementKind, digest
from engine.validation import validated

IMAGE_ID = "^[0-9a-f]{16}$"


class EvaluationRequest(Measurement):
    """Attacks on one run.

    threat: linf at this epsilon; an attack in another norm uses the same epsilon in its norm.
    image: id of a user's image (own_images.py), attacked instead of test images; samples is then 1.
    """

    kind: ClassVar[MeasurementKind] = "evaluate"
    attacks: tuple[str, ...] = tuple(PAPER_ATTACKS)
    kept_images: int = Field(
        default=200,
        ge=0,
        le=1000,
        description="adversarial images stored per attack for display; all predictions are stored",
    )
    image: str | None = Field(
        default=None, pattern=IMAGE_ID, description="the id of a user's image, 16 hexadecimal digits"
    )

    @model_validator(mode="before")
    @classmethod
    def _own_image_is_one_sample(cls, values: Any) -> Any:
        if not isinstance(values, dict) or values.get("image") is None:
            return values
        values = {"samples": 1, **values}
        if values["samples"] != 1:
            remedy = "Leave out the number of test images."
            raise InputError("1 sample with an image of your own", values["samples"], remedy)
        return values

    @field_validator("attacks")
    @classmethod
    def _known(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        return attack_names(names)

    @model_validator(mode="after")
    def _attacks_fit_threat(self) -> Self:
        check_attacks([attack_config(name) for name in self.attacks], self.threat)
        return self

    @property
    def protocol_id(self) -> str:
        """Protocol id of the measurement. Attacks of one protocol share a report; each user's image has its own."""
        if self.image is None:
            return super().protocol_id
        return digest(f"{self._protocol} {self.image}", 5)

    @property
    def allows_other_data(self) -> bool:
        return self.image is not None or super().allows_other_data

    def on_data(self, dataset: str, data_dir: Path) -> Self:
        """As for every measurement; a user's image belongs to no data."""
        return self if self.image else super().on_data(dataset, data_dir)

    @property
    def words(self) -> str:
        return f"{', '.join(self.attacks)} {self._at_epsilon}"

    def job_id(self, run_id: str) -> str:
        """Id of the queue row of this request for `run_id`."""
        text = " ".join(sorted(self.attacks))
        if self.kept_images != type(self).model_fields["kept_images"].default:
            text += f" {self.kept_images}"
        return f"{run_id}--{self.protocol_id}-{digest(text, 3)}"

    def ladder(self, epsilons: Sequence[float]) -> list["EvaluationRequest"]:
        """The request at each of these epsilons, without duplicates.

        Raises:
            InputError: an epsilon is invalid.
        """
        norm, unit = self.threat.norm, self.threat.unit
        threats = [validated(ThreatModel, norm=norm, epsilon=epsilon, unit=unit) for epsilon in dict.fromkeys(epsilons)]
        return [self.model_copy(update={"threat": threat}) for threat in threats]

    def command(self, run_ids: Sequence[str], epsilons: Sequence[float] = ()) -> str:
        """The equivalent command line of this request or of `ladder(epsilons)`; for test images."""
        words = [*run_ids, "--attacks", *self.attacks, "--samples", str(self.samples)]
        words += ["--epsilon", *map(repr, epsilons or [self.threat.epsilon]), "--unit", self.threat.unit]
        for flag, name in (("--seed", "seed"), ("--kept-images", "kept_images")):
            value = getattr(self, name)
            words += [flag, str(value)] if value != type(self).model_fields[name].default else []
        words += ["--other-data"] if self.other_data else []
        return "python -m engine evaluate " + shlex.join(words)


def epsilon_ladder(last: float, steps: int) -> tuple[float, ...]:
    """Half of the first step, then `steps` equal steps up to `last`; ascending, without 0, to 6 digits."""
    first = last / steps
    return tuple(float(f"{value:.6g}") for value in (first / 2, *(first * step for step in range(1, steps + 1))))
