"""Evaluation of a trained run: attacks, report, and adversarial images for display."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from engine.attacks.catalog import attack_config
from engine.measurements.evaluation.files import EvaluationFiles
from engine.measurements.evaluation.request import EvaluationRequest
from engine.measurements.evaluation.survivors import CLEAN
from engine.measurements.images import chosen_test_images, own_image
from engine.measurements.setup import measurement_setup
from engine.robustness.evaluation import Evaluation, evaluate
from engine.robustness.meter import Progress, unreported
from engine.robustness.report import RobustnessReport
from engine.runs.load_network import load_network
from engine.runs.store import RunStore


def evaluate_run(
    store: RunStore,
    run_id: str,
    request: EvaluationRequest,
    data_dir: Path,
    device: str,
    progress: Progress = unreported,
) -> RobustnessReport:
    """Evaluate a finished run, and store the report; it also includes earlier attacks of the same protocol.

    The report is stored as each attack ends, the cheapest first, unless it would lack stored results of attacks that
    are still to be repeated.

    All attacks of a protocol store images of the same samples, as many as the largest request. An earlier attack runs
    again only if it stored too few images, or its file cannot be read.

    Args:
        progress: called before every forward pass with the fraction done and a message; an exception it raises ends the
            work.
    """
    config, network = store.config(run_id), load_network(store, run_id, device)
    if request.image:
        attacked = own_image(store, config, request.image)
    else:
        attacked = chosen_test_images(store, run_id, request, data_dir)
    files = EvaluationFiles(store.path(run_id), request)
    earlier = files.reusable(attacked)
    stored = list(files.results())
    again = [name for name in stored if name not in earlier and name not in request.attacks]
    data = {"test_data": attacked.test_data, "test_data_is": attacked.test_data_is}

    written: set[str] = set()

    def save(evaluation: Evaluation) -> RobustnessReport:
        report = evaluation.report.model_copy(update=data)
        own = EvaluationFiles(store.own_folder(run_id), request)
        own.save(replace(evaluation, report=report), attacked, written)
        written.update((CLEAN, *evaluation.outcomes))
        return report

    evaluation = evaluate(
        measurement_setup(store, run_id, network, attacked, request, progress),
        [attack_config(name) for name in (*again, *request.attacks)],
        attacked.report_ids,
        earlier=list(earlier.values()),
        samples=request.samples,
        ended=lambda so_far: save(so_far) if {*stored} <= {*so_far.report.robust_accuracy_by_attack} else None,
    )
    return save(evaluation)
