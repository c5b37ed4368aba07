"""Safetensors files of the store: arrays and metadata, read without trust. No torch."""

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import safetensors.numpy

from engine.checksum import checksum
from engine.documents import RESTORE, damaged, read_content


def read_tensor_file(path: Path, remedy: str = RESTORE) -> tuple[dict[str, str], dict[str, np.ndarray]] | None:
    """Metadata and arrays of a safetensors file; None if it does not exist.

    The file is read, not mapped: a mapped file that another process cuts ends this process.

    Raises:
        DamagedFile: the content is no safetensors file with arrays that numpy knows.
        UnreadableFile: the file cannot be opened.
    """
    content = read_content(path)
    if content is None:
        return None
    try:
        arrays = safetensors.numpy.load(content)
        header = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])
        metadata = header.get("__metadata__") or {}
    except Exception as error:  # the library raises its own errors, and for types unknown to numpy many others
        raise damaged(path, str(error) or type(error).__name__, remedy) from error
    return metadata, arrays


def arrays_checksum(arrays: Mapping[str, np.ndarray]) -> str:
    """Checksum of names, types, shapes and values, independent of the order of names."""
    parts = []
    for name in sorted(arrays):
        values = np.ascontiguousarray(arrays[name])
        parts += [f"{name} {values.dtype} {values.shape} ".encode(), values.tobytes()]
    return checksum(*parts)
