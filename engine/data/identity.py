"""Identity of data: whether a data folder holds the images that run ids stand for, or others."""

import hashlib
import os
from pathlib import Path
from threading import Lock
from typing import Annotated, Literal

from pydantic import Field

from engine.data.catalog import Contents, DatasetSpec, dataset_spec
from engine.data.sources import find_file, load_dataset

FileState = tuple[int, ...]

DataDigest = Annotated[str | None, Field(pattern="^[0-9a-f]{16}$", exclude_if=lambda digest: digest is None)]
"""Digest of data that are not the listed ones; left out of documents and ids while it is None."""

Relation = Literal["same", "other", "unknown"]
"""Whether test images belong to the data that a run was trained on."""

_read: dict[Path, tuple[FileState, Contents]] = {}
_reading = Lock()


def data_identity(name: str, data_dir: Path) -> str | None:
    """Digest of the data set in a data folder; None for the listed contents, and if there is no file yet.

    A data set without listed contents has a digest as soon as there is a file, so fetch it before runs are named.

    Raises:
        InputError: the name is unknown, or the file is damaged.
    """
    contents = read_contents(name, data_dir)
    return None if contents is None else contents_identity(dataset_spec(name), contents)


def contents_identity(spec: DatasetSpec, contents: Contents) -> str | None:
    """Digest of training and test part, 16 hexadecimal digits; None for the listed contents."""
    if spec.is_listed(contents):
        return None
    return hashlib.blake2b(f"{contents.train} {contents.test}".encode(), digest_size=8).hexdigest()


def identity_words(spec: DatasetSpec, identity: str) -> str:
    """Short name of contents that are not the listed ones."""
    return f"{'other data' if spec.listed else 'data'} {identity[:8]}"


def read_contents(name: str, data_dir: Path) -> Contents | None:
    """Digests of the file that `load_dataset` would read; None if it would download one.

    A process reads a file again only when its inode, size or times change.

    Raises:
        InputError: the name is unknown, or the file is damaged.
    """
    path = find_file(dataset_spec(name).name, data_dir)
    if path is None:
        return None
    path = path.absolute()
    with _reading:  # sessions that ask at the same time read the file once
        state = _state(path)
        known = _read.get(path)
        if known is None or known[0] != state:
            known = _read[path] = state, load_dataset(name, data_dir).contents
        return known[1]


def _state(path: Path) -> FileState:
    found = os.stat(path)
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns
