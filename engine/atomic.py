"""Files and folders that are either the old one or the new one, whatever happens in between."""

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
    """Replace `path` by `content`; raises as `replaced_file`."""
    with replaced_file(path) as file:
        file.write(content)


@contextmanager
def replaced_file(path: Path) -> Iterator[BinaryIO]:
    """A new file to write, which replaces `path` at the end of the block.

    It is a temporary file in the same folder, flushed to disk and renamed; then the folder is flushed.

    Raises:
        OSError: the disk is full or not writable; the old file is as it was.
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
    """Make the folder `target` whole or not at all; one that is whole already stays, a damaged one is replaced.

    It is filled beside its place and renamed, by one process or thread at a time.

    Args:
        fill: makes the folder it is called with, which has the name of `target`.
        is_whole: whether what stands at `target` is to stay.

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
    """The descriptor of a folder."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        yield descriptor
    finally:
        os.close(descriptor)
