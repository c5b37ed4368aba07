"""DiagnosisRequest: whether the robust accuracy of a run is to be trusted. No torch."""

from typing import ClassVar

from engine.measurements.request import Measurement, MeasurementKind


class DiagnosisRequest(Measurement):
    """Every check for gradient masking on one run, under the protocol of the evaluation that it is about."""

    kind: ClassVar[MeasurementKind] = "diagnose"

    @property
    def words(self) -> str:
        return f"checks {self._at_epsilon}"
