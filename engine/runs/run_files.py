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
         labels.json          name, note and tags by users    (labels.py)
         own_images/*         reports and predictions (json, npz) for images of users, which are no test images
images/<image>.npz            an image of a user, fitted to the networks, and its label (measurements/own_images.py)

The store also has files that other modules describe: sweeps/*.json (studies/sweep_files.py), queue.sqlite
(queue/run_queue.py), worker.lock and worker.log (queue/client.py) and .cache (robustness/cache.py).
"""

import json
from pathlib import Path

import numpy as np
import safetensors.numpy

from engine.array_files import read_arrays as read_arrays
from engine.atomic import write_atomically
from engine.checksum import check_seal, sealed
from engine.documents import damaged, parse_object
from engine.documents import read_json as read_json
from engine.documents import write_json as write_json
from engine.errors import InputError
from engine.runs.model_config import ModelConfig
from engine.tensor_files import arrays_checksum, read_tensor_file

CONFIG, ENVIRONMENT, RESULT, MODEL = "config.json", "environment.json", "result.json", "model.safetensors"

WEIGHTS_REMEDY = "Restore the file from a copy, or delete the run, then launch or import it again."


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
    """Write final weights. The header has one entry, since safetensors does not keep the order of entries.

    The entry is a document with the config, the checksum of the weights, and its own checksum.
    """
    run = {"run_id": config.run_id, "config": config.model_dump(mode="json"), "weights": arrays_checksum(weights)}
    content = safetensors.numpy.save(weights, {"run": json.dumps(sealed(run))})
    write_atomically(folder / MODEL, content)


def load_weights(folder: Path) -> dict[str, np.ndarray]:
    """Final weights by name, checked; those of earlier versions have no checksum.

    Raises:
        InputError: the run has no final weights yet.
        DamagedFile: the file cannot be read, or its content is not what was written.
    """
    path = folder / MODEL
    found = read_tensor_file(path, WEIGHTS_REMEDY)
    if found is None:
        raise InputError(f"a finished run with {path.name}", f"{folder.name} without one", "Let the run finish first.")
    metadata, weights = found
    try:
        _check_weights(metadata, weights)
    except ValueError as error:
        raise damaged(path, str(error), WEIGHTS_REMEDY) from error
    return weights


def _check_weights(metadata: dict[str, str], weights: dict[str, np.ndarray]) -> None:
    """ValueError if the weights are not those that were written, or not finite."""
    run = check_seal(parse_object(metadata["run"].encode())) if set(metadata) == {"run"} else metadata
    if set(run) - {"weights"} != {"run_id", "config"}:
        raise ValueError(f"the header describes {sorted(run)}")
    if "weights" in run and run["weights"] != arrays_checksum(weights):
        raise ValueError("the checksum of the weights does not fit")
    if not all(np.isfinite(value).all() for value in weights.values()):
        raise ValueError("infinite or missing values")
