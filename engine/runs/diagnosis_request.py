"""DiagnosisRequest: whether the robust accuracy of a run is to be trusted. No torch."""

from typing import ClassVar

from engine.runs.job import Kind
from engine.runs.measurement import Measurement


class DiagnosisRequest(Measurement):
    """Every check of EVALUATION.md on one run, under the protocol of the evaluation it is about."""

    kind: ClassVar[Kind] = "diagnose"

    @property
    def words(self) -> str:
        return f"checks {self._at_epsilon}"
