"""One run's adversarial images before other networks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from engine.attacks.catalog import attack_config
from engine.errors import InputError
from engine.measurements.evaluation.measure import assess_run
from engine.measurements.evaluation.request import EvaluationRequest
from engine.measurements.evaluation.survivors import read_judgement
from engine.measurements.images import chosen_test_images
from engine.measurements.transfer.read import final_digest, save_transfer
from engine.measurements.transfer.request import TransferRequest
from engine.models.stack import Stack
from engine.robustness.attack_session import AttackSession, as_pixels
from engine.robustness.cache import AdversarialCache
from engine.robustness.transfer import Transfer
from engine.runs.load_network import load_member
from engine.runs.run_files import adversarial_path
from engine.runs.store import CACHE, RunStore

ATTACKING = 0.9
"""Share of the progress; the rest is classification."""

SHOWN = EvaluationRequest.model_fields["kept_images"].default
"""How many images' probabilities are filed: those of which there are pictures."""


def transfer_run(
    store: RunStore,
    run_id: str,
    request: TransferRequest,
    data_dir: Path,
    device: str,
    progress: Callable[[float, str], None] = lambda fraction, message: None,
) -> list[Transfer]:
    """Attack a finished run and file what each target says to the images, which are those of an evaluation.

    A run that was not evaluated with this attack is, so that there are pictures to be shown.

    Args:
        progress: called with the fraction done and a word before every forward pass of the attack, and before every
            target; what it raises ends the work.

    Raises:
        InputError: a target is not finished, or was made for another data set.
    """
    config, attack = store.config(run_id), attack_config(request.attack)
    stacks = {target: _load_target(store, target, config.dataset, device) for target in request.targets}
    if not _is_filed(store, run_id, request):
        _evaluate(store, run_id, request, data_dir, device, progress)
    subject = chosen_test_images(config, request, data_dir)
    images, labels = as_pixels(subject.images), np.asarray(subject.labels, np.int64)
    std, cache = config.dataset_spec.std, AdversarialCache(store.root / CACHE)

    def attacking(fraction: float) -> None:
        progress(ATTACKING * fraction, f"attacking with {attack.name}")

    def bench(stack: Stack) -> AttackSession:
        return AttackSession(stack, images, labels, request.threat, std, request.seed, cache, attacking)

    source = bench(load_member(store, run_id, device))
    source.work = attack.forwards * len(source.batches)
    adversarial = source.attack(attack)
    fooled, _ = source.predict(adversarial)
    folder, found = store.own_folder(run_id), []
    for place, (name, stack) in enumerate(stacks.items()):
        progress(ATTACKING + (1 - ATTACKING) * place / len(stacks), f"shown to {place} of {len(stacks)} networks")
        target = bench(stack)
        answers, probabilities = target.predict(adversarial)
        transfer = Transfer(
            source=run_id,
            target=name,
            attack=attack,
            threat=request.threat,
            pixel_epsilon=request.threat.pixel_budget(std),
            seed=request.seed,
            samples=request.samples,
            source_weights=final_digest(store, run_id) or "",
            target_weights=final_digest(store, name) or "",
            labels=tuple(labels.tolist()),
            source_clean=tuple(source.clean_predictions[0].tolist()),
            source_adversarial=tuple(fooled[0].tolist()),
            target_clean=tuple(target.clean_predictions[0].tolist()),
            target_adversarial=tuple(answers[0].tolist()),
            target_probabilities_clean=_to_digits(target.clean_probabilities[0, :SHOWN]),
            target_probabilities=_to_digits(probabilities[0, :SHOWN]),
        )
        save_transfer(folder, request.protocol_id, transfer)
        found.append(transfer)
    return found


def _load_target(store: RunStore, run_id: str, dataset: str, device: str) -> Stack:
    if (other := store.config(run_id).dataset) != dataset:
        raise InputError(f"networks for {dataset}", f"{run_id}, which is for {other}", "Leave it out.")
    return load_member(store, run_id, device)


def _is_filed(store: RunStore, run_id: str, request: TransferRequest) -> bool:
    """Whether an evaluation kept what pages show of the same images."""
    try:
        read_judgement(adversarial_path(store.path(run_id), request.protocol_id, request.attack))
    except (OSError, ValueError, KeyError):
        return False
    return True


def _evaluate(
    store: RunStore,
    run_id: str,
    request: TransferRequest,
    data_dir: Path,
    device: str,
    progress: Callable[[float, str], None],
) -> None:
    evaluation = EvaluationRequest(
        attacks=(request.attack,), samples=request.samples, threat=request.threat, seed=request.seed
    )
    assess_run(store, run_id, evaluation, data_dir, device, lambda fraction, word: progress(ATTACKING * fraction, word))


def _to_digits(probabilities: np.ndarray) -> tuple[tuple[float, ...], ...]:
    return tuple(map(tuple, probabilities.astype(np.float64).round(4).tolist()))
