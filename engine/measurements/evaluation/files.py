"""EvaluationFiles: the files of an evaluation in the folder of its run. No torch."""

from __future__ import annotations

import os
from collections.abc import Container, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from engine.array_files import write_arrays
from engine.documents import problem_of, usable
from engine.measurements.evaluation.arrays import read_evaluated
from engine.measurements.evaluation.read import read_report
from engine.measurements.evaluation.request import EvaluationRequest
from engine.measurements.evaluation.survivors import CLEAN, read_judgement
from engine.measurements.images import AttackedImages
from engine.robustness.attack_setup import as_pixels
from engine.robustness.report import AttackResult, Judgement
from engine.runs.run_files import (
    adversarial_path,
    evaluation_path,
    own_adversarial_path,
    own_evaluation_path,
    write_json,
)

if TYPE_CHECKING:
    from engine.robustness.evaluation import AttackOutcome, Evaluation  # loads torch

UNREADABLE = (OSError, ValueError, KeyError)
DAMAGED = ".damaged"
"""Appended to the name of a damaged report that a new one replaces."""


@dataclass(frozen=True)
class EvaluationFiles:
    """Report and arrays of a request's protocol, in the folder of a run."""

    folder: Path
    request: EvaluationRequest

    @property
    def report_path(self) -> Path:
        """Path of the report, a JSON file."""
        image, protocol_id = self.request.image, self.request.protocol_id
        return (
            own_evaluation_path(self.folder, image, protocol_id) if image else evaluation_path(self.folder, protocol_id)
        )

    def arrays_path(self, attack: str) -> Path:
        """Path of the images, predictions and judgements of one attack, or of CLEAN."""
        image, protocol_id = self.request.image, self.request.protocol_id
        if image:
            return own_adversarial_path(self.folder, image, protocol_id, attack)
        return adversarial_path(self.folder, protocol_id, attack)

    def results(self) -> dict[str, AttackResult]:
        """Attack name -> result in the stored report; empty if it is damaged, so that a new one replaces it."""
        report = usable(read_report, self.report_path)
        return {result.attack.name: result for result in report.attacks} if report else {}

    def reusable(self, attacked: AttackedImages) -> dict[str, tuple[AttackResult, Judgement]]:
        """Earlier attack results that can be reused, by name.

        These attacks are not in the request, used the same images, stored enough of them, and are readable.
        """
        if self.request.image or not self._holds(attacked):
            return {}
        enough, found = min(self.kept_images(), len(attacked.labels)), {}
        for name, result in self.results().items():
            path = self.arrays_path(name)
            if name not in self.request.attacks and _image_count(path) >= enough:
                try:
                    found[name] = result, read_judgement(path)
                except UNREADABLE:
                    continue
        return found

    def kept_images(self) -> int:
        """Number of images that every attack of the protocol stores from now on."""
        counts = (_image_count(self.arrays_path(name)) for name in (CLEAN, *self.results()))
        return max(1 if self.request.image else self.request.kept_images, *counts)

    def save(self, evaluation: Evaluation, attacked: AttackedImages, written: Container[str] = ()) -> None:
        """Write the arrays of each attack and of the clean images, then the report; a damaged one is renamed.

        Args:
            written: attacks, and CLEAN, whose arrays this evaluation has written already.
        """
        kept = slice(self.kept_images())
        for name, outcome in evaluation.outcomes.items():
            if name not in written:
                _save_arrays(self.arrays_path(name), _arrays_of(outcome, kept))
        if CLEAN not in written:
            _save_arrays(self.arrays_path(CLEAN), _clean_arrays(evaluation, attacked, kept))
        self.report_path.parent.mkdir(exist_ok=True)
        if problem_of(read_report, self.report_path):
            os.replace(self.report_path, self.report_path.with_name(f"{self.report_path.name}{DAMAGED}"))
        write_json(self.report_path, evaluation.report.model_dump(mode="json"))

    def _holds(self, attacked: AttackedImages) -> bool:
        """Whether the stored results are on the test set of `attacked`, and its images and labels are there."""
        report = usable(read_report, self.report_path)
        if report and report.test_data not in (None, attacked.test_data):
            return False
        try:
            clean = read_evaluated(self.arrays_path(CLEAN))
            images, labels = clean["adversarial_images"], clean["labels"]
        except UNREADABLE:
            return False
        same_labels = np.array_equal(labels, attacked.labels)
        return same_labels and np.array_equal(images, as_pixels(attacked.images[: len(images)]))


def _clean_arrays(evaluation: Evaluation, attacked: AttackedImages, kept: slice) -> dict[str, np.ndarray]:
    numbers = {} if attacked.sample_ids is None else {"sample_ids": attacked.sample_ids}
    return {
        "adversarial_images": as_pixels(attacked.images[kept]),
        "predictions": evaluation.clean_predictions,
        "probabilities": evaluation.clean_probabilities,
        "labels": attacked.labels,
        **numbers,
    }


def _arrays_of(outcome: AttackOutcome, kept: slice) -> dict[str, np.ndarray]:
    judgement = outcome.judgement
    return {
        "adversarial_images": outcome.adversarial_images[kept],
        "predictions": outcome.predictions,
        "probabilities": outcome.probabilities,
        "is_valid": judgement.is_valid,
        "is_adversarial": judgement.is_adversarial,
        "is_within": judgement.is_within,
        "linf": judgement.linf,
        "l2": judgement.l2,
    }


def _image_count(path: Path) -> int:
    """Number of images that an earlier evaluation stored in the file; 0 if it cannot be read."""
    try:
        return len(read_evaluated(path)["adversarial_images"])
    except UNREADABLE:
        return 0


def _save_arrays(path: Path, arrays: Mapping[str, np.ndarray]) -> None:
    path.parent.mkdir(exist_ok=True)
    write_arrays(path, arrays)
