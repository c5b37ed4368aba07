"""The file of a checkpoint: one member's arrays with their position and digest. No torch."""

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import safetensors.numpy

from engine.atomic import write_atomically
from engine.documents import damaged, usable
from engine.tensor_files import read_tensor_file
from engine.training.schedule import TRAINING_VERSION

LAST, NEXT, PREVIOUS = "last.safetensors", "last.next.safetensors", "last.previous.safetensors"
_NEWEST_FIRST = (LAST, NEXT, PREVIOUS)


@dataclass(frozen=True)
class Position:
    """Position of a member in its training, its running sum of losses, and what it was trained and recorded with.

    data: digest of the training images.
    records: checksum of the lines of metrics up to here (`Recorder.chain`). Both are None in earlier versions.
    """

    step: int
    snapshots: int
    loss_sum: float
    loss_count: int
    seconds: float
    training_version: int = TRAINING_VERSION
    data: str | None = None
    records: str | None = None


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


def checkpoint_paths(folder: Path) -> list[Path]:
    """Paths of all checkpoints that `folder` may have, newest first.

    While another process writes, at least one of the files is complete and in place at any time.
    """
    return [folder / name for name in _NEWEST_FIRST]


def read_checkpoint(path: Path) -> StoredCheckpoint | None:
    """The checkpoint in a file, of any version; None if the file does not exist.

    Raises:
        DamagedFile: the content is not what was written.
        UnreadableFile: the file exists, but cannot be opened.
    """
    found = read_tensor_file(path)
    if found is None:
        return None
    metadata, arrays = found
    try:
        text = metadata["position"]
        if metadata["digest"] != _digest(arrays, text):
            raise ValueError("its digest does not fit its content")
        return StoredCheckpoint(Position(**json.loads(text)), arrays)
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise damaged(path, str(error)) from error


def read_checkpoints(folder: Path) -> Iterator[StoredCheckpoint]:
    """Complete checkpoints in `folder`, newest first, of any version; files that cannot be read are skipped."""
    found = (usable(read_checkpoint, path) for path in checkpoint_paths(folder))
    return (stored for stored in found if stored is not None)


def has_checkpoint(folder: Path) -> bool:
    """Whether `folder` has a checkpoint, complete or not; does not read it."""
    return any(os.path.lexists(path) for path in checkpoint_paths(folder))


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
