"""Evaluation of a trained run: attacks, the report, and the adversarial images that pages show."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np

from engine.attacks.catalog import attack_config
from engine.measurements.evaluation.read import read_report
from engine.measurements.evaluation.request import EvaluationRequest
from engine.measurements.evaluation.survivors import read_judgement
from engine.measurements.images import AttackedImages, chosen_test_images, own_image
from engine.robustness.cache import AdversarialCache
from engine.robustness.evaluation import AttackOutcome, MemberEvaluation, evaluate
from engine.robustness.report import AttackResult, Judgement, RobustnessReport, still_correct
from engine.runs.load_network import load_member
from engine.runs.run_files import (
    adversarial_path,
    evaluation_path,
    own_adversarial_path,
    own_evaluation_path,
    read_arrays,
    write_json,
)
from engine.runs.store import CACHE, RunStore
from engine.training.atomic import write_atomically


def assess_run(
    store: RunStore,
    run_id: str,
    request: EvaluationRequest,
    data_dir: Path,
    device: str,
    progress: Callable[[float, str], None] = lambda fraction, message: None,
) -> RobustnessReport:
    """Evaluate a finished run and file the report; attacks of the same protocol done earlier stay in it.

    All attacks of a protocol keep images of the same samples: as many as were ever asked for. An earlier attack is run
    again only where it kept too few, or its file cannot be read.

    Args:
        progress: called with the fraction done and a word before every forward pass; what it raises ends the work.
    """
    config = store.config(run_id)
    stack = load_member(store, run_id, device)
    subject = (
        own_image(store, config, request.image) if request.image else chosen_test_images(config, request, data_dir)
    )
    ids = np.zeros(1, np.int64) if subject.sample_ids is None else subject.sample_ids
    earlier = _earlier_results(store.path(run_id), request, subject)
    again = [name for name in _reported(store.path(run_id), request) if name not in earlier]
    attacks = list(dict.fromkeys([*again, *request.attacks]))
    outcomes: list[AttackOutcome] = []
    evaluation: MemberEvaluation | None = None
    for item in evaluate(
        stack,
        subject.images,
        subject.labels,
        ids.tolist(),
        [attack_config(name) for name in attacks],
        request.threat,
        config.dataset_spec.std,
        request.seed,
        AdversarialCache(store.root / CACHE),
        lambda fraction: progress(fraction, _words(outcomes)),
    ):
        if isinstance(item, AttackOutcome):
            outcomes.append(item)
        else:
            evaluation = item
    assert evaluation is not None
    folder = store.own_folder(run_id)
    kept = slice(_kept_images(folder, request))
    for outcome in outcomes:
        _save_arrays(_examples_path(folder, request, outcome.result.attack.name), {
            "adversarial_images": outcome.adversarial_images[kept],
            "predictions": outcome.predictions,
            "probabilities": outcome.probabilities,
            "is_valid": outcome.judgement.is_valid,
            "is_adversarial": outcome.judgement.is_adversarial,
            "is_within": outcome.judgement.is_within,
            "linf": outcome.judgement.linf,
            "l2": outcome.judgement.l2,
        })  # fmt: skip
    numbers = {} if subject.sample_ids is None else {"sample_ids": ids}
    _save_arrays(_examples_path(folder, request, "none"), {
        "adversarial_images": subject.images[kept].astype(np.float32) / 255.0,
        "predictions": evaluation.clean_predictions,
        "probabilities": evaluation.clean_probabilities,
        "labels": subject.labels,
        **numbers,
    })  # fmt: skip
    survivors = evaluation.clean_predictions == subject.labels
    judgements = [*(found for _, found in earlier.values()), *(outcome.judgement for outcome in outcomes)]
    for judgement in judgements:
        survivors = still_correct(survivors, judgement.breaks_worst_case)
    results = (*(result for result, _ in earlier.values()), *evaluation.report.attacks)
    report = evaluation.report.model_copy(
        update={"samples": request.samples, "attacks": results, "robust_accuracy": float(survivors.mean())}
    )
    path = _report_path(folder, request)
    path.parent.mkdir(exist_ok=True)
    write_json(path, report.model_dump(mode="json"))
    return report


def _report_path(folder: Path, request: EvaluationRequest) -> Path:
    if request.image:
        return own_evaluation_path(folder, request.image, request.protocol_id)
    return evaluation_path(folder, request.protocol_id)


def _examples_path(folder: Path, request: EvaluationRequest, attack: str) -> Path:
    if request.image:
        return own_adversarial_path(folder, request.image, request.protocol_id, attack)
    return adversarial_path(folder, request.protocol_id, attack)


def _words(outcomes: list[AttackOutcome]) -> str:
    return f"{outcomes[-1].result.attack.name} done" if outcomes else "attacking"


def _reported(folder: Path, request: EvaluationRequest) -> dict[str, AttackResult]:
    """Attacks already done under the same protocol."""
    report = read_report(_report_path(folder, request))
    return {result.attack.name: result for result in report.attacks} if report else {}


def _earlier_results(
    folder: Path, request: EvaluationRequest, subject: AttackedImages
) -> dict[str, tuple[AttackResult, Judgement]]:
    """Of `_reported`, what need not be done again: not asked for, of the same images, and with as many of them kept."""
    if request.image:
        return {}
    wanted, earlier = _kept_images(folder, request), {}
    try:
        clean = read_arrays(_examples_path(folder, request, "none"))
        count = len(clean["adversarial_images"])
        same = np.array_equal(clean["labels"], subject.labels) and np.array_equal(
            clean["adversarial_images"], subject.images[:count].astype(np.float32) / 255.0
        )
    except (OSError, ValueError, KeyError):
        same = False
    for name, result in _reported(folder, request).items() if same else ():
        path = _examples_path(folder, request, name)
        if name not in request.attacks and _image_count(path) >= min(wanted, len(subject.labels)):
            try:
                earlier[name] = result, read_judgement(path)
            except (OSError, ValueError, KeyError):
                continue
    return earlier


def _kept_images(folder: Path, request: EvaluationRequest) -> int:
    """How many images every attack of the protocol keeps from now on."""
    counts = (_image_count(_examples_path(folder, request, name)) for name in ("none", *_reported(folder, request)))
    return max(1 if request.image else request.kept_images, *counts)


def _image_count(path: Path) -> int:
    """How many images an earlier evaluation kept there; 0 where there is nothing to read."""
    try:
        return len(read_arrays(path)["adversarial_images"])
    except (OSError, ValueError, KeyError):
        return 0


def _save_arrays(path: Path, arrays: dict[str, np.ndarray]) -> None:
    path.parent.mkdir(exist_ok=True)
    content = io.BytesIO()
    np.savez_compressed(content, **arrays)  # pyright: ignore[reportArgumentType]
    write_atomically(path, content.getvalue())
