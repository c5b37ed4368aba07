"""The file of a checkpoint: one member's arrays with their position and digest. No torch."""

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import safetensors.numpy
from safetensors import SafetensorError, safe_open

from engine.atomic import write_atomically
from engine.training.schedule import TRAINING_VERSION

LAST, NEXT, PREVIOUS = "last.safetensors", "last.next.safetensors", "last.previous.safetensors"
_NEWEST_FIRST = (LAST, NEXT, PREVIOUS)


@dataclass(frozen=True)
class Position:
    """Position of a member in its training, and its running sum of losses."""

    step: int
    snapshots: int
    loss_sum: float
    loss_count: int
    seconds: float
    training_version: int = TRAINING_VERSION


@dataclass(frozen=True, eq=False)
class StoredCheckpoint:
    """Content of a file: arrays `weights/<name>`, and `<moment>/<name>` of the optimizer."""

    position: Position
    arrays: dict[str, np.ndarray]


def write_checkpoint(folder: Path, position: Position, arrays: Mapping[str, np.ndarray]) -> None:
    """Write the newest checkpoint of `folder`; the previous one is kept until the new one is on disk."""
    text = json.dumps(asdict(position))
    content = safetensors.numpy.save(dict(arrays), {"position": text, "digest": _digest(arrays, text)})
    write_atomically(folder / NEXT, content)
    if (folder / LAST).exists():
        os.replace(folder / LAST, folder / PREVIOUS)
    os.replace(folder / NEXT, folder / LAST)


def read_checkpoints(folder: Path) -> Iterator[StoredCheckpoint]:
    """Complete checkpoints in `folder`, newest first, of any version.

    While another process writes, at least one of the files is complete and in place at any time.
    """
    for name in _NEWEST_FIRST:
        try:
            with safe_open(folder / name, "np") as file:
                metadata = file.metadata() or {}
                arrays = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118, not a mapping
            text = metadata["position"]
            position = Position(**json.loads(text))
        except (OSError, SafetensorError, KeyError, TypeError, ValueError):
            continue
        if metadata.get("digest") == _digest(arrays, text):
            yield StoredCheckpoint(position, arrays)


def has_checkpoint(folder: Path) -> bool:
    """Whether `folder` has a checkpoint, complete or not; does not read it."""
    return any((folder / name).exists() for name in _NEWEST_FIRST)


def remove_checkpoints(folder: Path) -> None:
    """Remove all checkpoints of `folder`, which only an unfinished run needs."""
    for name in _NEWEST_FIRST:
        (folder / name).unlink(missing_ok=True)


def _digest(arrays: Mapping[str, np.ndarray], position: str) -> str:
    content = hashlib.blake2b(position.encode(), digest_size=16)
    for name in sorted(arrays):
        content.update(f"{name} torch.{arrays[name].dtype} {arrays[name].shape}".encode())
        content.update(arrays[name].tobytes())
    return content.hexdigest()
