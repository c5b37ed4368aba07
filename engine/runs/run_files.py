"""The files of a run and their paths. They can be read without torch, and a copy of the folder is a complete run.

<run_id>/config.json          format, run_id, and config or, for weights from elsewhere, imported: written once, first
         environment.json     data, versions and device of each session that trained it
         metrics.jsonl        one record per snapshot            (records.py)
         conv1.f32, ...       one row of weights per snapshot    (records.py)
         last.safetensors     everything needed to resume        (training/checkpoint.py)
         model.safetensors    final weights, config in the header
         result.json          how it ended: written last
         evaluations/*.json   robustness reports
         adversarial/*.npz    predictions and adversarial images of an evaluation
         diagnoses/*.json     checks of whether the reports can be trusted
         curves/*.json        accuracy against epsilon
         transfers/*.json     predictions of other runs for this run's adversarial images
         own_images/*         reports and predictions (json, npz) for images of users, which are no test images
images/<image>.npz            an image of a user, fitted to the networks, and its label (measurements/own_images.py)

The store also has files that other modules describe: sweeps/*.json (studies/sweep_files.py), queue.sqlite
(queue/run_queue.py), worker.lock and worker.log (queue/client.py) and .cache (robustness/cache.py).
"""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import safetensors.numpy
from safetensors import SafetensorError

from engine.atomic import write_atomically
from engine.errors import InputError
from engine.runs.model_config import ModelConfig

CONFIG, ENVIRONMENT, RESULT, MODEL = "config.json", "environment.json", "result.json", "model.safetensors"


def evaluation_path(folder: Path, protocol_id: str) -> Path:
    """Path of the robustness report for one protocol."""
    return folder / "evaluations" / f"{protocol_id}.json"


def adversarial_path(folder: Path, protocol_id: str, attack: str) -> Path:
    """Path of an attack's predictions and images; for "none", the clean images, labels and sample ids."""
    return folder / "adversarial" / f"{protocol_id}-{attack}.npz"


def diagnosis_path(folder: Path, protocol_id: str) -> Path:
    """Path of the checks of the robust accuracy for one protocol."""
    return folder / "diagnoses" / f"{protocol_id}.json"


def curve_path(folder: Path, curve_id: str) -> Path:
    """Path of the accuracy against epsilon under one attack."""
    return folder / "curves" / f"{curve_id}.json"


def transfer_path(folder: Path, protocol_id: str, attack: str, target: str) -> Path:
    """Path of the predictions of the run `target` for this run's adversarial images."""
    return folder / "transfers" / f"{protocol_id}-{attack}--{target}.json"


def own_image_path(root: Path, image_id: str) -> Path:
    """Path of a user's image in the store at `root`, by its id."""
    return root / "images" / f"{image_id}.npz"


def own_evaluation_path(folder: Path, image_id: str, protocol_id: str) -> Path:
    """Path of a run's report on a user's image, separate from those on test images."""
    return folder / "own_images" / f"{image_id}-{protocol_id}.json"


def own_adversarial_path(folder: Path, image_id: str, protocol_id: str, attack: str) -> Path:
    """Path of an attack's prediction and image for a user's image; for "none", the clean image and its label."""
    return folder / "own_images" / f"{image_id}-{protocol_id}-{attack}.npz"


def save_model(folder: Path, weights: dict[str, np.ndarray], config: ModelConfig) -> None:
    """Write final weights with the config in the header, under one key: safetensors does not keep the order of keys."""
    run = {"run_id": config.run_id, "config": config.model_dump(mode="json")}
    content = safetensors.numpy.save(weights, {"run": json.dumps(run)})
    write_atomically(folder / MODEL, content)


def load_weights(folder: Path) -> dict[str, np.ndarray]:
    """Final weights by name.

    Raises:
        InputError: the run has no final weights yet, or the file is damaged.
    """
    path = folder / MODEL
    if not path.exists():
        raise InputError(f"a finished run with {path.name}", f"{folder.name} without one", "Let the run finish first.")
    try:
        weights = safetensors.numpy.load(path.read_bytes())
    except (SafetensorError, OSError) as error:
        remedy = "Delete the run and launch or import it again."
        raise InputError(f"{path} to hold weights", f"a damaged file ({error})", remedy) from error
    if not all(np.isfinite(value).all() for value in weights.values()):
        raise InputError(
            f"finite weights in {path}", "infinite or missing values", "Delete the run and launch or import it again."
        )
    return weights


def write_json(path: Path, document: dict) -> None:
    """Write a JSON file atomically; ValueError for NaN and infinity."""
    write_atomically(path, json.dumps(document, indent=1, allow_nan=False).encode() + b"\n")


def read_json(path: Path) -> dict | None:
    """The document of a JSON file; None if the file is missing or damaged."""
    try:
        document = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None


def read_arrays(path: Path, is_wanted: Callable[[str], bool] = lambda name: True) -> dict[str, np.ndarray]:
    """Arrays of an npz file whose names are wanted (default all); pickled objects are not loaded.

    Raises:
        OSError: the file does not exist or cannot be read. ValueError: the file is damaged.
    """
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files if is_wanted(name)}
    except OSError:
        raise
    except Exception as error:  # numpy, zipfile and zlib each raise their own exceptions for a damaged file
        raise ValueError(f"a damaged file: {path} ({type(error).__name__})") from error
