"""The files of a run, and where each is. Readable without torch; copy a folder and you have shared a run.

<run_id>/config.json          format, run_id, and config or, for weights from elsewhere, imported: written once, first
         environment.json     data, versions and device of each session that trained it
         metrics.jsonl        one record per snapshot            (records.py)
         conv1.f32, ...       one row of weights per snapshot    (records.py)
         last.safetensors     everything needed to go on         (training/checkpoint.py)
         model.safetensors    final weights, config in the header
         result.json          how it ended: written last
         evaluations/*.json   robustness reports
         adversarial/*.npz    predictions and adversarial images of an evaluation
         diagnoses/*.json     whether their numbers are to be trusted
         curves/*.json        accuracy against epsilon
         transfers/*.json     what other runs say to this one's adversarial images
         own_images/*         the same, json and npz, of images that people brought: no test images, so no result
images/<image>.npz            such an image, as the networks saw it, and its label (measurements/own_images.py)

Beside the runs, the store holds what others describe: sweeps/*.json (studies/sweep_files.py), queue.sqlite
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
    """Where the robustness report of one protocol lies."""
    return folder / "evaluations" / f"{protocol_id}.json"


def adversarial_path(folder: Path, protocol_id: str, attack: str) -> Path:
    """Where an attack's predictions and images lie; attack "none" holds the clean ones, labels and sample ids."""
    return folder / "adversarial" / f"{protocol_id}-{attack}.npz"


def diagnosis_path(folder: Path, protocol_id: str) -> Path:
    """Where the checks of one protocol's robust accuracy lie."""
    return folder / "diagnoses" / f"{protocol_id}.json"


def curve_path(folder: Path, curve_id: str) -> Path:
    """Where accuracy against epsilon under one attack lies."""
    return folder / "curves" / f"{curve_id}.json"


def transfer_path(folder: Path, protocol_id: str, attack: str, target: str) -> Path:
    """Where the predictions of the run `target` for this run's adversarial images lie."""
    return folder / "transfers" / f"{protocol_id}-{attack}--{target}.json"


def own_image_path(root: Path, image_id: str) -> Path:
    """Where the store at `root` keeps an image that somebody brought, by its id."""
    return root / "images" / f"{image_id}.npz"


def own_evaluation_path(folder: Path, image_id: str, protocol_id: str) -> Path:
    """Where the report of a run on such an image lies, apart from those on test images."""
    return folder / "own_images" / f"{image_id}-{protocol_id}.json"


def own_adversarial_path(folder: Path, image_id: str, protocol_id: str, attack: str) -> Path:
    """As `adversarial_path`; attack "none" holds the clean image and its label."""
    return folder / "own_images" / f"{image_id}-{protocol_id}-{attack}.npz"


def save_model(folder: Path, weights: dict[str, np.ndarray], config: ModelConfig) -> None:
    """Write final weights, the config in the header; under one key, since safetensors writes several in any order."""
    run = {"run_id": config.run_id, "config": config.model_dump(mode="json")}
    content = safetensors.numpy.save(weights, {"run": json.dumps(run)})
    write_atomically(folder / MODEL, content)


def load_weights(folder: Path) -> dict[str, np.ndarray]:
    """Final weights by name.

    Raises:
        InputError: the run has none yet, or the file is damaged.
    """
    path = folder / MODEL
    if not path.exists():
        raise InputError(f"a finished run with {path.name}", f"{folder.name} without one", "Let it finish first.")
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
    """Write atomically; NaN is refused."""
    write_atomically(path, json.dumps(document, indent=1, allow_nan=False).encode() + b"\n")


def read_json(path: Path) -> dict | None:
    """The document, None when the file is missing or damaged."""
    try:
        document = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None


def read_arrays(path: Path, is_wanted: Callable[[str], bool] = lambda name: True) -> dict[str, np.ndarray]:
    """The arrays of an npz, or those whose name is wanted; no pickles.

    Raises:
        OSError: not there. ValueError: damaged.
    """
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files if is_wanted(name)}
    except OSError:
        raise
    except Exception as error:  # numpy, zipfile and zlib each have their own for a damaged file
        raise ValueError(f"a damaged file: {path} ({type(error).__name__})") from error
