"""Npz files of data sets, read without trust: a file costs no more memory than its arrays are allowed to take."""

import math
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import IO

import numpy as np

MOST_BYTES = 2**28
"""Largest array of a data set, in bytes; the training images of CIFAR-10 take 154 million."""

HEADERS = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
"""Version of the npy format -> function that reads the header of an array."""


def read_npz(path: Path, names: Iterable[str], required: Iterable[str]) -> dict[str, np.ndarray]:
    """The arrays called `names` of a file that must contain all `required` ones, each once.

    Sizes and types are checked before an array is read.

    Raises:
        KeyError: an array is missing.
        ValueError: an array occurs twice, is too large, has Python objects, or is not as long as it says.
        OSError, zipfile.BadZipFile, zlib.error: the file cannot be read.
    """
    with zipfile.ZipFile(path) as archive:
        found = [name.removesuffix(".npy") for name in archive.namelist() if name.endswith(".npy")]
        for name in required:
            if name not in found:
                raise KeyError(name)
            if found.count(name) > 1:
                raise ValueError(f"{name} occurs {found.count(name)} times")
            with _open(archive, name) as file:
                _check_header(name, file, archive.getinfo(f"{name}.npy").file_size)
        return {name: _read(archive, name) for name in names}


def _open(archive: zipfile.ZipFile, name: str) -> IO[bytes]:
    return archive.open(f"{name}.npy")


def _check_header(name: str, file: IO[bytes], size: int) -> None:
    """Check what an array says about itself against the size of its member in the archive."""
    version = np.lib.format.read_magic(file)
    if version not in HEADERS:
        raise ValueError(f"{name} has an unknown format, {version}")
    shape, _, dtype = HEADERS[version](file)
    if dtype.hasobject:
        raise ValueError(f"{name} has Python objects")
    needed = math.prod(shape) * dtype.itemsize
    if needed > MOST_BYTES:
        raise ValueError(f"{name} would take {needed / 1e6:,.0f} MB, at most {MOST_BYTES / 1e6:,.0f} MB are read")
    if size != file.tell() + needed:
        raise ValueError(f"{name} has {size} bytes, not the {file.tell() + needed} of its header")


def _read(archive: zipfile.ZipFile, name: str) -> np.ndarray:
    """One array; it is read to its end, because only there zipfile compares its checksum."""
    with _open(archive, name) as file:
        values = np.lib.format.read_array(file, allow_pickle=False)
        file.read(1)
        return values
