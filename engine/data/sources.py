"""Sources of images: the included sample, a file of the user, or a download with torchvision."""

import hashlib
import sys
import tempfile
from contextlib import redirect_stdout
from dataclasses import dataclass
from functools import cached_property
from http.client import HTTPException
from pathlib import Path

import numpy as np

from engine.atomic import NEW_FOLDER, replaced_file
from engine.data.catalog import Contents, DatasetSpec, dataset_spec
from engine.data.npz_file import read_npz
from engine.errors import InputError

SHIPPED = Path(__file__).parent
ARRAYS = ("x_train", "y_train", "x_test", "y_test")


@dataclass(frozen=True)
class Dataset:
    """Images uint8 (n, C, H, W), 0 to 255, and labels int64 (n,); pixels in [0, 1] are images / 255."""

    spec: DatasetSpec
    train_images: np.ndarray
    train_labels: np.ndarray
    test_images: np.ndarray
    test_labels: np.ndarray

    @cached_property
    def digest(self) -> str:
        """Digest of the training images and labels in their order; it does not depend on the file."""
        return _digest(self.train_images, self.train_labels)

    @cached_property
    def test_digest(self) -> str:
        """Digest of the test images and labels, as `digest`."""
        return _digest(self.test_images, self.test_labels)

    @property
    def contents(self) -> Contents:
        """Digests of both parts."""
        return Contents(self.digest, self.test_digest)


def _digest(images: np.ndarray, labels: np.ndarray) -> str:
    content = hashlib.blake2b(digest_size=8)
    content.update(np.ascontiguousarray(images).data)
    content.update(np.ascontiguousarray(labels).data)
    return content.hexdigest()


def load_dataset(name: str, data_dir: Path) -> Dataset:
    """Read `<data_dir>/<name>.npz`, else the included file, else download the data set and write that file.

    The npz file contains x_train, y_train, x_test, y_test in the Keras layout: uint8 images (n, H, W) or (n, H, W, C).

    Raises:
        InputError: the name is unknown, there is neither a file nor a download, or the file is damaged or of another
            shape.
    """
    spec = dataset_spec(name)
    path = find_file(name, data_dir)
    if path is None:
        path = _download(spec, data_dir)
    arrays = _read_npz(path)
    train_images, train_labels = _checked(spec, path, arrays["x_train"], arrays["y_train"])
    test_images, test_labels = _checked(spec, path, arrays["x_test"], arrays["y_test"])
    return Dataset(spec, train_images, train_labels, test_images, test_labels)


def find_file(name: str, data_dir: Path) -> Path | None:
    """The npz file that `load_dataset` would read; None if it would download one."""
    candidates = (data_dir / f"{name}.npz", SHIPPED / f"{name}.npz")
    return next((path for path in candidates if path.exists()), None)


def check_available(name: str, data_dir: Path) -> None:
    """InputError if `load_dataset` would find a damaged file, or neither a file nor a download."""
    spec, path = dataset_spec(name), find_file(name, data_dir)
    if path is not None:
        _read_npz(path, ("y_test",))
    elif spec.torchvision is None:
        raise _unavailable(spec, data_dir)


def fetch_dataset(name: str, data_dir: Path) -> None:
    """Make sure that the file exists and is readable; download it if necessary. InputError as in `load_dataset`."""
    check_available(name, data_dir)
    if find_file(name, data_dir) is None:
        _download(dataset_spec(name), data_dir)


def _read_npz(path: Path, names: tuple[str, ...] = ARRAYS) -> dict[str, np.ndarray]:
    """The arrays called `names` of a file that must contain all of ARRAYS."""
    remedy = "Replace the file, or remove it so that it is downloaded again where possible."
    expected = f"{path} to be an npz file with the arrays {', '.join(ARRAYS)}"
    try:
        return read_npz(path, names, ARRAYS)
    except KeyError as error:
        raise InputError(expected, f"a file without {error.args[0]}", remedy) from error
    except ValueError as error:
        raise InputError(expected, f"a damaged file: {error}", remedy) from error
    except Exception as error:  # zipfile, zlib and tokenize raise their own exceptions for a damaged file
        raise InputError(expected, f"a damaged or unreadable file ({type(error).__name__})", remedy) from error


def _checked(spec: DatasetSpec, path: Path, images: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    channels, height, width = spec.shape
    remedy = f"Write the file in the Keras layout of {spec.title}."
    if images.ndim == 3:
        images = images[..., None]
    if images.dtype != np.uint8 or images.shape[1:] != (height, width, channels) or len(images) == 0:
        expected = f"uint8 images of shape (n, {height}, {width}, {channels}) in {path}"
        raise InputError(expected, f"{images.dtype} {images.shape}", remedy)
    labels = labels.reshape(-1)
    classes = len(spec.classes)
    valid = np.issubdtype(labels.dtype, np.integer) and len(labels) == len(images)
    if not valid or labels.min() < 0 or labels.max() >= classes:
        expected = f"{len(images)} integer labels from 0 to {classes - 1} in {path}"
        found = f", {labels.min()} to {labels.max()}" if valid else ""
        raise InputError(expected, f"{len(labels)} of type {labels.dtype}{found}", remedy)
    return np.ascontiguousarray(images.transpose(0, 3, 1, 2)), labels.astype(np.int64)


def _download(spec: DatasetSpec, data_dir: Path) -> Path:
    target = data_dir / f"{spec.name}.npz"
    if spec.torchvision is None:
        raise _unavailable(spec, data_dir)
    from engine.data.torchvision_import import import_torchvision_datasets  # imports torch

    datasets = import_torchvision_datasets()
    data_dir.mkdir(parents=True, exist_ok=True)
    try:
        # torchvision prints its progress on standard output, which is reserved for the caller
        with redirect_stdout(sys.stderr), tempfile.TemporaryDirectory(dir=data_dir, prefix=NEW_FOLDER) as folder:
            parts = {}
            for split, train in (("train", True), ("test", False)):
                source = getattr(datasets, spec.torchvision)(folder, train=train, download=True)
                parts[f"x_{split}"] = np.asarray(source.data, dtype=np.uint8)
                parts[f"y_{split}"] = np.asarray(source.targets, dtype=np.uint8)
            with replaced_file(target) as file:
                np.savez_compressed(file, **parts)
    except (OSError, RuntimeError, HTTPException) as error:
        raise _unavailable(spec, data_dir) from error
    return target


def _unavailable(spec: DatasetSpec, data_dir: Path) -> InputError:
    return InputError(
        f"the data set {spec.name} in {data_dir / spec.name}.npz",
        "no such file, and it could not be downloaded" if spec.torchvision else "no such file",
        ("Connect to the internet, or put" if spec.torchvision else "Put")
        + f" {spec.name}.npz (Keras layout) into the data folder, or choose mnist-mini, which is included.",
    )
