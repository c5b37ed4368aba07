"""Leftovers: temporary files and folders that a killed process did not remove. No torch."""

import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

from engine.atomic import is_leftover
from engine.runs.trash import TRASH

SECONDS_UNTOUCHED = 3_600.0
"""Age below which a temporary file may still belong to a process that writes it."""

_NOT_SEARCHED = (TRASH, ".cache")


def find_leftovers(root: Path, levels: int = 3, older_than: float = SECONDS_UNTOUCHED) -> list[Path]:
    """Temporary files and folders in `root` that nobody has written to for this many seconds.

    Symbolic links are not followed. The trash and the cache are not searched.

    Args:
        levels: levels of folders to search; 1 is `root` alone. In a store, runs are level 2, and their folders level 3.
    """
    limit = time.time() - older_than
    return [path for path in _candidates(root, levels) if _last_change(path) <= limit]


def remove_leftover(path: Path) -> None:
    """Remove a temporary file or folder; one that is gone or cannot be removed is left to the next search."""
    try:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()
    except OSError:
        return


def size_of(path: Path) -> int:
    """Bytes of a file, or of all files in a folder; symbolic links are not followed."""
    return sum(found.st_size for found in _states(path))


def _last_change(path: Path) -> float:
    """Time of the last write to a file, or to anything in a folder, in seconds since 1970."""
    return max((found.st_mtime for found in _states(path)), default=0.0)


def _states(path: Path) -> Iterator[os.stat_result]:
    """State of a path and, for a folder, of everything in it."""
    paths = [path]
    if path.is_dir() and not path.is_symlink():
        paths += [Path(folder) / name for folder, folders, files in os.walk(path) for name in (*folders, *files)]
    for each in paths:
        try:
            yield each.lstat()
        except OSError:
            continue


def _candidates(root: Path, levels: int) -> Iterator[Path]:
    for name, folders, files in os.walk(root):
        folder = Path(name)
        yield from (folder / name for name in (*folders, *files) if is_leftover(name))
        is_last = len(folder.relative_to(root).parts) + 1 >= levels
        folders[:] = [name for name in folders if not (is_last or is_leftover(name) or name in _NOT_SEARCHED)]
