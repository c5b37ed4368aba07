"""Grid of one test image under each attack on each run."""

from collections.abc import Mapping, Sequence

import numpy as np

from dashboard.figures.images import as_picture, image_png, perturbation_png
from dashboard.ui.example_grid import ExampleCell, ExampleGrid, ExampleRow
from engine.measurements.evaluation.survivors import CLEAN

Arrays = Mapping[str, np.ndarray]
"""Results of an attack on a run: predictions, probabilities and, if stored, adversarial_images."""

HALF_LEVEL = 0.5 / 255
"""A pixel has changed if a channel differs by more than half a level of an 8-bit image."""


def build_grid(
    labels: Mapping[str, str],
    colors: Mapping[str, str],
    outcomes: Mapping[str, Mapping[str, Arrays]],
    attacks: Sequence[str],
    position: int,
    classes: Sequence[str],
    truth: int,
) -> ExampleGrid:
    """Grid of one image for every run and attack, the clean image first.

    Args:
        labels, colors: by run_id.
        outcomes: run_id -> attack or CLEAN -> adversarial_images, predictions, probabilities; every run has CLEAN.
        position: index of the image in these arrays; truth: its class.
    """
    rows = []
    for run_id, of_run in outcomes.items():
        original = of_run[CLEAN]["adversarial_images"][position]
        cells = [
            build_cell(of_run.get(name, {}), original, position, classes, truth, name != CLEAN)
            for name in (CLEAN, *attacks)
        ]
        rows.append(ExampleRow(labels[run_id], colors[run_id], tuple(cells)))
    return ExampleGrid(classes[truth], tuple(classes), ("clean", *attacks), tuple(rows))


def build_cell(
    found: Arrays, original: np.ndarray, position: int, classes: Sequence[str], truth: int, is_attack: bool
) -> ExampleCell | None:
    """One image with the network's prediction; None if this attack was not run or the image was not stored."""
    if not found or position >= len(found["adversarial_images"]):
        return None
    image, probabilities = found["adversarial_images"][position], found["probabilities"][position]
    prediction, change = int(found["predictions"][position]), image - original
    size = float(np.abs(change).max())
    return ExampleCell(
        image=image_png(as_picture(np.clip(image, 0, 1)), scale=1),
        prediction=classes[prediction],
        is_correct=prediction == truth,
        confidence=float(probabilities[prediction]),
        true_confidence=float(probabilities[truth]),
        linf=size if is_attack else None,
        l2=float(np.sqrt(np.square(change).sum())) if is_attack else None,
        changed=float((np.abs(change) > HALF_LEVEL).any(0).mean()) if is_attack else None,
        probabilities=tuple(map(float, probabilities)),
        perturbation=perturbation_png(as_picture(change), scale=1) if is_attack and size else None,
        perturbation_limit=size if is_attack and size else None,
        note="no perturbation found" if is_attack and not size else "",
    )
