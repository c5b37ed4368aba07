"""Npz files of the store whose arrays carry checksums, read without trust. No torch."""

import io
import json
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from engine.atomic import write_atomically
from engine.checksum import checksum
from engine.documents import RESTORE, damaged, read_content

CHECKSUMS = "checksums"
"""Name of the array with the checksums: the UTF-8 text of a JSON object, name of an array -> checksum."""

MOST_BYTES = 2**30
"""Largest array that is read, in bytes."""


def write_arrays(path: Path, arrays: Mapping[str, np.ndarray]) -> None:
    """Write a compressed npz file atomically, with a checksum for each array."""
    text = json.dumps({name: _checksum(name, np.asarray(values)) for name, values in arrays.items()})
    content = io.BytesIO()
    np.savez_compressed(content, **arrays, **{CHECKSUMS: np.array(text)})  # pyright: ignore[reportArgumentType]
    write_atomically(path, content.getvalue())


def read_arrays(
    path: Path, is_wanted: Callable[[str], bool] = lambda name: True, remedy: str = RESTORE
) -> dict[str, np.ndarray]:
    """Arrays of an npz file whose names are wanted (default all), checked.

    Files of earlier versions have no checksums: their arrays are checked by the zip format alone.

    Raises:
        FileNotFoundError: the file does not exist.
        DamagedFile: the content is no npz file, not the one that was written, or has pickled objects.
        UnreadableFile: the file cannot be opened.
    """
    content = read_content(path)
    if content is None:
        raise FileNotFoundError(path)
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = [name.removesuffix(".npy") for name in archive.namelist()]
            expected = _expected(archive) if CHECKSUMS in names else None
            wanted = [name for name in names if name != CHECKSUMS and is_wanted(name)]
            arrays = {name: _member(archive, name) for name in wanted}
        if expected is not None:
            _compare(set(names) - {CHECKSUMS}, arrays, expected)
    except Exception as error:  # numpy, zipfile and zlib each raise their own exceptions for a damaged file
        raise damaged(path, str(error) or type(error).__name__, remedy) from error
    return arrays


def _member(archive: zipfile.ZipFile, name: str) -> np.ndarray:
    """One array. It is read to its end, because only there zipfile compares its checksum."""
    entry = archive.getinfo(f"{name}.npy")
    if entry.file_size > MOST_BYTES:
        raise ValueError(f"{name} is too large")
    file = io.BytesIO(archive.read(entry))
    values = np.lib.format.read_array(file, allow_pickle=False)
    if file.read(1):
        raise ValueError(f"{name} is longer than its shape")
    return values


def _expected(archive: zipfile.ZipFile) -> dict[str, str]:
    return dict(json.loads(str(_member(archive, CHECKSUMS))))


def _compare(names: set[str], arrays: Mapping[str, np.ndarray], expected: Mapping[str, str]) -> None:
    if names != set(expected):
        raise ValueError("its arrays are not those that were written")
    for name, values in arrays.items():
        if _checksum(name, values) != expected[name]:
            raise ValueError(f"the checksum of {name} does not fit")


def _checksum(name: str, values: np.ndarray) -> str:
    values = np.asarray(values, order="C")
    return checksum(f"{name} {values.dtype.str} {values.shape} ".encode(), values.tobytes())
