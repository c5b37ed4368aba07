"""Images that users upload or draw: stored once, attacked like test images, with their results. No torch."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from engine.array_files import read_arrays, write_arrays
from engine.data.catalog import dataset_spec
from engine.documents import documents_in, usable
from engine.errors import DamagedFile, InputError
from engine.measurements.evaluation.arrays import read_evaluated
from engine.measurements.evaluation.read import read_report
from engine.measurements.evaluation.request import EvaluationRequest
from engine.robustness.report import RobustnessReport
from engine.runs.run_files import own_adversarial_path, own_evaluation_path, own_image_path
from engine.runs.store import RunStore

MOST_IMAGES = 1000
"""Images of users that a store keeps; each takes a few kilobytes."""


@dataclass(frozen=True, eq=False)
class OwnImage:
    """A user's image in the format of a data set, with its label.

    image: (C, H, W) uint8, in the data set's shape; label: index into its classes. InputError for other values.
    """

    dataset: str
    image: np.ndarray
    label: int

    def __post_init__(self) -> None:
        spec = dataset_spec(self.dataset)
        if self.image.dtype != np.uint8 or self.image.shape != spec.shape:
            found = f"{self.image.dtype} {self.image.shape}"
            raise InputError(f"a uint8 image of shape {spec.shape}", found, "Convert the image with fit_image.")
        if not 0 <= self.label < len(spec.classes):
            raise InputError(f"a label from 0 to {len(spec.classes) - 1}", self.label, "Choose one of the classes.")

    @property
    def image_id(self) -> str:
        """Digest of content, data set and label: 16 digits of [0-9a-f]."""
        content = f"{self.dataset} {self.label} ".encode() + self.image.tobytes()
        return hashlib.blake2b(content, digest_size=8).hexdigest()


@dataclass(frozen=True, eq=False)
class OwnImageResult:
    """Results of one run on a user's image under one protocol.

    examples: attack, or "none" for the clean image, -> adversarial_images (1, C, H, W) float32 in [0, 1],
        predictions (1,) int64 and probabilities (1, classes) float32, as for test images.
    """

    protocol_id: str
    report: RobustnessReport
    label: int
    examples: dict[str, dict[str, np.ndarray]]


def save_own_image(store: RunStore, own: OwnImage) -> str:
    """Store the image if it is new or its file is damaged, and return its id.

    Raises:
        InputError: the store is full of images, or cannot be written to.
    """
    path = own_image_path(store.root, own.image_id)
    try:
        load_own_image(store, own.image_id)
    except InputError:  # new, or damaged: replaced
        store.prepare()
        _check_room(path.parent)
        path.parent.mkdir(exist_ok=True)
        write_arrays(path, {"image": own.image, "dataset": np.array(own.dataset), "label": np.array(own.label)})
    return own.image_id


def _check_room(folder: Path) -> None:
    stored = len(list(folder.glob("*.npz")))
    if stored >= MOST_IMAGES:
        remedy = "Delete files in this folder that you no longer need."
        raise InputError(f"fewer than {MOST_IMAGES} images of your own in {folder}", stored, remedy)


def load_own_image(store: RunStore, image_id: str) -> OwnImage:
    """The user's image with this id.

    Raises:
        InputError: the image does not exist.
        DamagedFile: its file cannot be read, or is not what was written.
    """
    expected = f"the id of an image in {own_image_path(store.root, image_id).parent}"
    remedy = "Upload or draw the image again."
    try:
        arrays = read_arrays(own_image_path(store.root, image_id), remedy=remedy)
        own = OwnImage(str(arrays["dataset"]), arrays["image"], int(arrays["label"]))
    except FileNotFoundError as error:
        raise InputError(expected, f"{image_id!r}, which does not exist", remedy) from error
    except DamagedFile:
        raise
    except (ValueError, KeyError, TypeError) as error:
        raise DamagedFile(expected, f"a damaged file ({type(error).__name__})", remedy) from error
    if own.image_id != image_id:
        raise DamagedFile(expected, "a file with different content", remedy)
    return own


def own_image_problems(store: RunStore) -> list[str]:
    """A sentence for each damaged file of a user's image."""
    found = []
    for path in sorted(own_image_path(store.root, "*").parent.glob("*.npz")):
        try:
            load_own_image(store, path.stem)
        except (InputError, OSError) as error:
            found.append(f"{path}: {error}")
    return found


def own_image_results(store: RunStore, run_id: str, image_id: str) -> list[OwnImageResult]:
    """Results of a run on an image, one per protocol, newest first; damaged or incomplete ones are skipped."""
    folder = store.path(run_id)
    every = documents_in(own_evaluation_path(folder, image_id, "*").parent)
    paths = [path for path in reversed(every) if path.name.startswith(f"{image_id}-")]
    found = (_read_result(folder, image_id, path) for path in paths)
    return [result for result in found if result is not None]


def read_own_image_result(store: RunStore, run_id: str, request: EvaluationRequest) -> OwnImageResult | None:
    """The result of a request with a user's image; None if it does not exist."""
    if request.image is None:
        return None
    folder = store.path(run_id)
    return _read_result(folder, request.image, own_evaluation_path(folder, request.image, request.protocol_id))


def _read_result(folder: Path, image_id: str, path: Path) -> OwnImageResult | None:
    protocol_id = path.stem.removeprefix(f"{image_id}-")
    try:
        report = usable(read_report, path)
        if report is None:
            return None
        examples = {
            attack: read_evaluated(own_adversarial_path(folder, image_id, protocol_id, attack))
            for attack in ("none", *report.robust_accuracy_by_attack)
        }
        return OwnImageResult(protocol_id, report, int(examples["none"]["labels"][0]), examples)
    except (OSError, ValueError, KeyError, IndexError):
        return None
