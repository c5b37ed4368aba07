"""Reading of stored diagnoses. No torch."""

from engine.diagnostics.finding import Diagnosis
from engine.runs.run_files import diagnosis_path, read_json
from engine.runs.store import RunStore


def read_diagnosis(store: RunStore, run_id: str, protocol_id: str) -> Diagnosis | None:
    """The diagnosis of a run under one protocol; None if it does not exist, is damaged or of a newer version."""
    try:
        return Diagnosis.model_validate(read_json(diagnosis_path(store.path(run_id), protocol_id)))
    except ValueError:
        return None
