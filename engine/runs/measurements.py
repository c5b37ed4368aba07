"""The kinds of measurement: what asks for one, and what takes it. No torch until one is taken."""

from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from engine.runs.curve_request import CurveRequest
from engine.runs.diagnosis_request import DiagnosisRequest
from engine.runs.evaluation_request import EvaluationRequest
from engine.runs.job import Job
from engine.runs.measurement import Measurement
from engine.runs.store import RunStore
from engine.runs.transfer_request import TransferRequest
from engine.validation import validated

REQUESTS: dict[str, type[Measurement]] = {
    request.kind: request for request in (EvaluationRequest, DiagnosisRequest, CurveRequest, TransferRequest)
}
IMPLEMENTATIONS = {
    "evaluate": ("engine.runs.assessment", "assess_run"),
    "diagnose": ("engine.runs.diagnosis", "diagnose_run"),
    "curve": ("engine.runs.curves", "trace_curve"),
    "transfer": ("engine.runs.transfers", "transfer_run"),
}
"""Functions of (store, run_id, request, data_dir, device, progress) that file what they find."""


def read_request(job: Job) -> Measurement:
    """What a job that does not train asks for; InputError for a payload that is none."""
    return validated(REQUESTS[job.kind], **job.payload)


def measure(store: RunStore, job: Job, data_dir: Path, device: str, progress: Callable[[float, str], None]) -> None:
    """Do the job: its result is filed with the run.

    Args:
        progress: called with the fraction done and a word; what it raises ends the work.
    """
    module, name = IMPLEMENTATIONS[job.kind]
    getattr(import_module(module), name)(store, job.run_id, read_request(job), data_dir, device, progress)
