"""Atomic writes: a file or folder is either the old one or the new one, even after a crash."""

import errno
import fcntl
import os
import re
import secrets
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

NEW_FOLDER = ".new-"
"""Start of the name of temporary folders; `is_leftover` recognizes it."""

_PARTIAL = re.compile(r"\..+\.[0-9a-f]{12}")
_UNSUPPORTED = (errno.EINVAL, errno.EBADF, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.ENOLCK)
"""Errors of file systems that cannot flush or lock a folder: WSL, shared folders, and some network file systems."""


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
    flush_folder(path.parent)


def place_folder(
    target: Path,
    fill: Callable[[Path], object],
    is_whole: Callable[[], bool],
    set_aside: Callable[[Path], object],
) -> bool:
    """Create the folder `target` completely or not at all; a complete one is kept, a damaged one is set aside.

    The folder is filled in a temporary location and renamed, by one process or thread at a time.

    Args:
        fill: creates the folder at the given path, whose name is that of `target`.
        is_whole: returns whether the existing folder at `target` is complete.
        set_aside: moves the damaged folder at the given path away.

    Returns:
        Whether the folder is new.
    """
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=NEW_FOLDER) as temporary:
        folder = Path(temporary) / target.name
        fill(folder)
        with folder_locked(target.parent) as parent:
            if os.path.lexists(target):
                if is_whole():
                    return False
                set_aside(target)
            os.rename(folder, target)
            with _where_supported():
                os.fsync(parent)
    return True


@contextmanager
def folder_locked(folder: Path) -> Iterator[int]:
    """Context that one process or thread at a time enters, where locks are supported; gives the folder's descriptor."""
    with _opened(folder) as descriptor:
        with _where_supported():
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield descriptor


def flush_folder(folder: Path) -> None:
    """Flush a folder to disk, so that its new and renamed files survive a power failure, where this is supported."""
    with _opened(folder) as descriptor, _where_supported():
        os.fsync(descriptor)


def is_leftover(name: str) -> bool:
    """Whether a file or folder of this name is the temporary one of an atomic write, which a kill can leave behind."""
    return name.startswith(NEW_FOLDER) or _PARTIAL.fullmatch(name) is not None


@contextmanager
def _where_supported() -> Iterator[None]:
    """Context that ignores the error of a file system that cannot flush or lock a folder."""
    try:
        yield
    except OSError as error:
        if error.errno not in _UNSUPPORTED:
            raise


@contextmanager
def _opened(folder: Path) -> Iterator[int]:
    """File descriptor of a folder."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        yield descriptor
    finally:
        os.close(descriptor)
