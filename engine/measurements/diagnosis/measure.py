"""Diagnosis of a trained run: all checks on the images of one protocol, stored with the run."""

from __future__ import annotations

import os
from pathlib import Path

from engine.diagnostics.checks import diagnose
from engine.diagnostics.effort import Effort
from engine.diagnostics.examination import Examination, Reference
from engine.diagnostics.finding import Diagnosis
from engine.errors import InputError
from engine.measurements.diagnosis.request import DiagnosisRequest
from engine.measurements.evaluation.read import read_report
from engine.measurements.evaluation.survivors import WORST_CASE, read_survivors
from engine.measurements.images import AttackedImages, chosen_test_images
from engine.measurements.setup import measurement_setup
from engine.measurements.transfer.read import final_digest
from engine.robustness.meter import Progress, unreported
from engine.robustness.report import RobustnessReport
from engine.runs.config import RunConfig
from engine.runs.load_network import load_network
from engine.runs.run_files import MODEL, diagnosis_path, evaluation_path, write_json
from engine.runs.store import RunStore


def diagnose_run(
    store: RunStore,
    run_id: str,
    request: DiagnosisRequest,
    data_dir: Path,
    device: str,
    progress: Progress = unreported,
    effort: Effort | None = None,
) -> Diagnosis:
    """Check a finished run, and store the diagnosis in place of an earlier one of the same protocol.

    Checks that need an evaluation use the one of the same protocol; without it they are not run.

    Args:
        progress: called before every forward pass with the fraction done and a message; an exception it raises ends the
            work.
        effort: sizes of the attacks; by default those of the rules.

    Raises:
        InputError: the run does not exist, is not finished, or diverged.
    """
    network = load_network(store, run_id, device)
    attacked = chosen_test_images(store, run_id, request, data_dir)
    report = _read_report(store, run_id, request.protocol_id, attacked)
    survivors = read_survivors(store, run_id, request.protocol_id) if report else None
    name = choose_reference(store, run_id)
    examination = Examination(
        measurement_setup(store, run_id, network, attacked, request, progress),
        reference=Reference(name, load_network(store, name, device)) if name else None,
        report=report,
        worst_case=survivors[WORST_CASE] if survivors else None,
        effort=effort,
    )
    diagnosis = diagnose(examination, request.samples)
    path = diagnosis_path(store.own_folder(run_id), request.protocol_id)
    path.parent.mkdir(exist_ok=True)
    write_json(path, diagnosis.model_dump(mode="json"))
    return diagnosis


def choose_reference(store: RunStore, run_id: str) -> str | None:
    """Another finished Std run of the same data set and architecture; None without one. Damaged runs are left out.

    Runs with another seed are preferred, then the run with the most epochs.
    """
    own = store.config(run_id)
    seed = own.seed if isinstance(own, RunConfig) else None
    ranked: list[tuple[bool, int, str]] = []
    for other in store.run_ids():
        if other == run_id or not os.path.lexists(store.path(other) / MODEL):
            continue
        try:
            config = store.config(other)
        except InputError:
            continue
        if not isinstance(config, RunConfig) or config.data_digest != getattr(own, "data_digest", None):
            continue
        if (config.dataset, config.architecture, config.variant) == (own.dataset, own.architecture, "std"):
            ranked.append((config.seed == seed, -config.training.epochs, other))
    return next((other for *_, other in sorted(ranked) if final_digest(store, other) is not None), None)


def _read_report(store: RunStore, run_id: str, protocol_id: str, attacked: AttackedImages) -> RobustnessReport | None:
    """The report of the protocol; None if it does not exist, is damaged, or is on other or another number of images."""
    report = read_report(evaluation_path(store.path(run_id), protocol_id))
    is_of_these = report and report.n == len(attacked.labels) and report.test_data in (None, attacked.test_data)
    return report if is_of_these else None
