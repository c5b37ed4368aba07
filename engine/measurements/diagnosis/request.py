"""DiagnosisRequest: checks whether the robust accuracy of a run can be trusted. No torch."""

from typing import ClassVar

from engine.measurements.request import Measurement, MeasurementKind


class DiagnosisRequest(Measurement):
    """All checks for gradient masking on one run, under the protocol of the evaluation to check."""

    kind: ClassVar[MeasurementKind] = "diagnose"

    @property
    def words(self) -> str:
        return f"checks {self._at_epsilon}"
