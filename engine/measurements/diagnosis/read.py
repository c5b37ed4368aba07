"""Reading of stored diagnoses. No torch."""

from pathlib import Path

from engine.diagnostics.finding import Diagnosis
from engine.documents import read_model, usable
from engine.runs.run_files import diagnosis_path
from engine.runs.store import RunStore

DIAGNOSIS_REMEDY = "Restore it from a copy, or delete this file and check the run again."


def read_diagnosis(store: RunStore, run_id: str, protocol_id: str) -> Diagnosis | None:
    """The diagnosis of a run under one protocol; None if it does not exist; DamagedFile if it cannot be read."""
    return read_diagnosis_file(diagnosis_path(store.path(run_id), protocol_id))


def usable_diagnosis(store: RunStore, run_id: str, protocol_id: str) -> Diagnosis | None:
    """As `read_diagnosis`, but None for a damaged file (`run_problems` names it)."""
    return usable(read_diagnosis_file, diagnosis_path(store.path(run_id), protocol_id))


def read_diagnosis_file(path: Path) -> Diagnosis | None:
    """The diagnosis in this file; None if it does not exist; DamagedFile if it cannot be read."""
    return read_model(path, Diagnosis, DIAGNOSIS_REMEDY)
