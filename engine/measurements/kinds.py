"""The kinds of measurement: the request of each kind, and the function that takes it. No torch until one is taken."""

from collections.abc import Mapping
from pathlib import Path
from typing import assert_never

from engine.measurements.curve.request import CurveRequest
from engine.measurements.diagnosis.request import DiagnosisRequest
from engine.measurements.evaluation.request import EvaluationRequest
from engine.measurements.request import MeasurementKind
from engine.measurements.transfer.request import TransferRequest
from engine.robustness.meter import Progress
from engine.runs.store import RunStore
from engine.validation import validated

AnyRequest = EvaluationRequest | DiagnosisRequest | CurveRequest | TransferRequest

REQUESTS: dict[MeasurementKind, type[AnyRequest]] = {
    request.kind: request for request in (EvaluationRequest, DiagnosisRequest, CurveRequest, TransferRequest)
}


def read_request(kind: MeasurementKind, payload: Mapping) -> AnyRequest:
    """The request that a queue row of this kind stores; InputError for an invalid payload."""
    return validated(REQUESTS[kind], **payload)


def measure(
    store: RunStore,
    kind: MeasurementKind,
    run_id: str,
    payload: Mapping,
    data_dir: Path,
    device: str,
    progress: Progress,
) -> None:
    """Take the measurement and store its result with the run.

    Args:
        progress: called with the fraction done and a message; an exception it raises ends the measurement.
    """
    request = read_request(kind, payload)
    if isinstance(request, EvaluationRequest):
        from engine.measurements.evaluation.measure import evaluate_run  # imports torch

        evaluate_run(store, run_id, request, data_dir, device, progress)
    elif isinstance(request, DiagnosisRequest):
        from engine.measurements.diagnosis.measure import diagnose_run  # imports torch

        diagnose_run(store, run_id, request, data_dir, device, progress)
    elif isinstance(request, CurveRequest):
        from engine.measurements.curve.measure import trace_curve  # imports torch

        trace_curve(store, run_id, request, data_dir, device, progress)
    elif isinstance(request, TransferRequest):
        from engine.measurements.transfer.measure import transfer_run  # imports torch

        transfer_run(store, run_id, request, data_dir, device, progress)
    else:
        assert_never(request)
