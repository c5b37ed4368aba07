"""Transfer of one run's adversarial images to other runs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from torch import nn

from engine.attacks.catalog import attack_config
from engine.documents import usable
from engine.errors import InputError
from engine.measurements.evaluation.measure import evaluate_run
from engine.measurements.evaluation.read import read_report
from engine.measurements.evaluation.request import EvaluationRequest
from engine.measurements.evaluation.survivors import read_judgement
from engine.measurements.images import chosen_test_images
from engine.measurements.setup import measurement_setup
from engine.measurements.transfer.read import final_digest, save_transfer
from engine.measurements.transfer.request import TransferRequest
from engine.robustness.attack_session import AttackSession
from engine.robustness.meter import Progress, unreported
from engine.robustness.transfer import Transfer
from engine.runs.load_network import load_network
from engine.runs.run_files import adversarial_path, evaluation_path
from engine.runs.store import RunStore

ATTACKING = 0.9
"""Share of the attack in the progress; the rest is classification."""

SHOWN = EvaluationRequest.model_fields["kept_images"].default
"""Number of images whose probabilities are stored; their pictures are stored too."""


def transfer_run(
    store: RunStore,
    run_id: str,
    request: TransferRequest,
    data_dir: Path,
    device: str,
    progress: Progress = unreported,
) -> list[Transfer]:
    """Attack a finished run, and store the predictions of each target on the images.

    A run that was not evaluated with this attack is evaluated first, so that the images can be shown.

    Args:
        progress: called before every forward pass of the attack and before every target, with the fraction done and a
            message; an exception it raises ends the work.

    Raises:
        InputError: a target is not finished, or was trained on another data set.
    """
    config, attack = store.config(run_id), attack_config(request.attack)
    networks = {target: _load_target(store, target, config.dataset, device) for target in request.targets}

    def attacking(fraction: float, message: str = f"attacking with {attack.name}") -> None:
        progress(ATTACKING * fraction, message)

    if not _is_filed(store, run_id, request):
        evaluate_run(store, run_id, _evaluation(request), data_dir, device, attacking)
    attacked = chosen_test_images(store, run_id, request, data_dir)
    setup = measurement_setup(store, run_id, load_network(store, run_id, device), attacked, request, progress)
    source = AttackSession(setup)
    adversarial = source.attack(attack, report=attacking)
    of_source = _of_source(store, run_id, request, source, adversarial)
    folder, found = store.own_folder(run_id), []
    for place, (name, network) in enumerate(networks.items()):
        progress(ATTACKING + (1 - ATTACKING) * place / len(networks), f"{place} of {len(networks)} networks done")
        of_target = _of_target(AttackSession(replace(setup, network=network)), adversarial)
        weights = final_digest(store, name) or ""
        transfer = Transfer(**of_source, target=name, target_weights=weights, **of_target)
        save_transfer(folder, request.protocol_id, transfer)
        found.append(transfer)
    return found


def _of_source(
    store: RunStore, run_id: str, request: TransferRequest, source: AttackSession, adversarial: np.ndarray
) -> dict[str, Any]:
    """Fields of a `Transfer` that are equal for all targets."""
    return {
        "source": run_id,
        "attack": attack_config(request.attack),
        "threat": request.threat,
        "pixel_epsilon": request.threat.pixel_budget(source.setup.std),
        "seed": request.seed,
        "samples": request.samples,
        "source_weights": final_digest(store, run_id) or "",
        "labels": tuple(source.labels.tolist()),
        "source_clean": tuple(source.clean_predictions.tolist()),
        "source_adversarial": tuple(source.predict(adversarial)[0].tolist()),
    }


def _of_target(target: AttackSession, adversarial: np.ndarray) -> dict[str, Any]:
    """Fields of a `Transfer` with the target's predictions."""
    predictions, probabilities = target.predict(adversarial)
    return {
        "target_clean": tuple(target.clean_predictions.tolist()),
        "target_adversarial": tuple(predictions.tolist()),
        "target_probabilities_clean": _to_digits(target.clean_probabilities[:SHOWN]),
        "target_probabilities": _to_digits(probabilities[:SHOWN]),
    }


def _load_target(store: RunStore, run_id: str, dataset: str, device: str) -> nn.Module:
    if (other := store.config(run_id).dataset) != dataset:
        raise InputError(f"target runs for {dataset}", f"{run_id}, which is for {other}", "Leave out this run.")
    return load_network(store, run_id, device)


def _is_filed(store: RunStore, run_id: str, request: TransferRequest) -> bool:
    """Whether an evaluation stored all that pages show of the same images; its report is written last."""
    folder = store.path(run_id)
    report = usable(read_report, evaluation_path(folder, request.protocol_id))
    if report is None or request.attack not in {result.attack.name for result in report.attacks}:
        return False
    try:
        read_judgement(adversarial_path(folder, request.protocol_id, request.attack))
    except (OSError, ValueError, KeyError):
        return False
    return True


def _evaluation(request: TransferRequest) -> EvaluationRequest:
    """The evaluation whose images the transfer shows."""
    return EvaluationRequest(
        attacks=(request.attack,),
        samples=request.samples,
        threat=request.threat,
        seed=request.seed,
        data=request.data,
        other_data=request.other_data,
    )


def _to_digits(probabilities: np.ndarray) -> tuple[tuple[float, ...], ...]:
    return tuple(map(tuple, probabilities.astype(np.float64).round(4).tolist()))
