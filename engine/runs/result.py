"""Result of a run: accuracy on the whole test set, and the file that makes the run complete."""

from pathlib import Path

import torch

from engine.data.sources import Dataset
from engine.minmax.quantities import layer_values
from engine.models.stack import Stack
from engine.runs.records import read_last_metrics
from engine.runs.run_files import RESULT, write_json


def measure_clean_accuracy(stack: Stack, dataset: Dataset, batch_size: int = 500) -> dict[str, float]:
    """Clean accuracy of a stack with one member on all test images, and the number of images."""
    device = next(stack.parameters()).device
    hits = 0
    with torch.no_grad():
        for start in range(0, len(dataset.test_labels), batch_size):
            images = torch.from_numpy(dataset.test_images[start : start + batch_size]).to(device).float() / 255.0
            labels = torch.from_numpy(dataset.test_labels[start : start + batch_size]).to(device)
            hits += int((stack(images).argmax(1) == labels).sum())
    return {
        "clean_accuracy": hits / len(dataset.test_labels),
        "clean_accuracy_samples": len(dataset.test_labels),
    }


def write_result(folder: Path, ending: dict, steps: int, seconds: float) -> None:
    """Write the result of a run, with the numbers of its last snapshot; this file makes the run complete.

    Args:
        ending: the status, and the error or the clean accuracy.
    """
    last = read_last_metrics(folder) or {}
    write_json(folder / RESULT, {
        **ending,
        **layer_values(last),
        "probed_robust_accuracy": last.get("robust_accuracy"),
        "epoch": last.get("epoch"),
        "steps": steps,
        "seconds": round(seconds, 3),
    })  # fmt: skip
