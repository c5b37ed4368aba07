"""Atomic writes: a file or folder is either the old one or the new one, even after a crash."""

import fcntl
import os
import secrets
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


def write_atomically(path: Path, content: bytes) -> None:
    """Replace the content of `path`; raises OSError as `replaced_file` does."""
    with replaced_file(path) as file:
        file.write(content)


@contextmanager
def replaced_file(path: Path) -> Iterator[BinaryIO]:
    """Context with a new file to write, which replaces `path` at the end of the block.

    The new file is temporary and in the same folder; it is flushed to disk and renamed, then the folder is flushed.

    Raises:
        OSError: the disk is full or not writable; the old file is unchanged.
    """
    partial = path.with_name(f".{path.name}.{secrets.token_hex(6)}")
    try:
        with partial.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(partial, path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
    with _opened(path.parent) as folder:
        os.fsync(folder)


def place_folder(target: Path, fill: Callable[[Path], object], is_whole: Callable[[], bool]) -> bool:
    """Create the folder `target` completely or not at all; a complete one is kept, a damaged one is replaced.

    The folder is filled in a temporary location and renamed, by one process or thread at a time.

    Args:
        fill: creates the folder at the given path, whose name is that of `target`.
        is_whole: returns whether the existing folder at `target` is complete.

    Returns:
        Whether the folder is new.
    """
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".new-") as temporary:
        folder = Path(temporary) / target.name
        fill(folder)
        with _opened(target.parent) as parent:
            fcntl.flock(parent, fcntl.LOCK_EX)
            if target.exists():
                if is_whole():
                    return False
                shutil.rmtree(target)
            os.rename(folder, target)
    return True


@contextmanager
def _opened(folder: Path) -> Iterator[int]:
    """File descriptor of a folder."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        yield descriptor
    finally:
        os.close(descriptor)
