"""Trash: deleted runs, which lie in `<store>/.trash` until they are restored or removed for good. No torch."""

import os
import re
import secrets
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from engine.atomic import flush_folder
from engine.errors import InputError
from engine.runs.folder_options import folder_options
from engine.runs.labels import hand_over, has_labels_alone

TRASH = ".trash"
DAYS_KEPT = 7
SECONDS_KEPT = DAYS_KEPT * 86_400.0

_STAMP = "%Y%m%d%H%M%S"
_ENTRY = re.compile(r"(?P<stamp>\d{14})-[0-9a-f]{8}-(?P<run_id>[a-z0-9][a-z0-9-]{0,99})")
_DOOMED = ".removing-"


@dataclass(frozen=True)
class DeletedRun:
    """A run in the trash. Its folder can be restored as long as it is there.

    deleted_at: seconds since 1970.
    """

    path: Path
    run_id: str
    deleted_at: float


class Trash:
    """The deleted runs of the store at `root`. Each step is one rename, so that a crash leaves no partial run."""

    def __init__(self, root: Path, read_only: bool = False) -> None:
        self.root, self.folder, self.read_only = root, root / TRASH, read_only

    def put(self, path: Path) -> DeletedRun:
        """Move the folder of a run into the trash. A symbolic link is moved itself; what it points to is not touched.

        Raises:
            InputError: the trash is a symbolic link or a file.
        """
        self._prepare()
        now = time.time()
        stamp = datetime.fromtimestamp(now, UTC).strftime(_STAMP)
        target = self.folder / f"{stamp}-{secrets.token_hex(4)}-{path.name}"
        os.rename(path, target)
        for folder in (self.folder, path.parent):
            flush_folder(folder)
        return DeletedRun(target, path.name, now)

    def entries(self) -> list[DeletedRun]:
        """Deleted runs, the last deleted first."""
        found = [_entry(path) for path in self._paths()]
        return sorted(filter(None, found), key=lambda entry: (-entry.deleted_at, entry.path.name))

    def last_deleted(self, run_id: str) -> DeletedRun:
        """The last deleted run of this id; InputError if the trash has none."""
        for entry in self.entries():
            if entry.run_id == run_id:
                return entry
        remedy = f"List them with `python -m engine runs --deleted{folder_options(self.root)}`."
        raise InputError(f"the id of a deleted run in {self.folder}", repr(run_id), remedy)

    def restore(self, entry: DeletedRun) -> Path:
        """Move a deleted run back into the store, and return its folder; labels that were given meanwhile stay.

        Raises:
            InputError: the run is no longer in the trash, it exists again, or the store is read-only.
        """
        self._check_writable()
        target = self.root / entry.run_id
        if os.path.lexists(target) and not has_labels_alone(target):
            remedy = "Delete the new run first, or keep it. The deleted run is still in the trash."
            raise InputError("a run that does not exist again", entry.run_id, remedy)
        try:
            hand_over(target, entry.path)
            os.rename(entry.path, target)
        except FileNotFoundError as error:
            raise InputError("a run in the trash", f"{entry.run_id}, which is gone", "Launch it again.") from error
        for folder in (self.folder, self.root):
            flush_folder(folder)
        return target

    def expired(self, older_than: float = SECONDS_KEPT) -> list[Path]:
        """What has been in the trash for this many seconds, and folders whose removal was interrupted."""
        limit = time.time() - older_than
        expired = [entry.path for entry in self.entries() if entry.deleted_at <= limit]
        return expired + [path for path in self._paths() if path.name.startswith(_DOOMED)]

    def remove(self, path: Path) -> None:
        """Remove an entry for good. It is renamed first, so that an interrupted removal leaves nothing to restore."""
        self._check_writable()
        doomed = path
        if not path.name.startswith(_DOOMED):
            doomed = path.with_name(_DOOMED + path.name)
            os.rename(path, doomed)
        if doomed.is_symlink() or not doomed.is_dir():
            doomed.unlink()
        else:
            shutil.rmtree(doomed)

    def _check_writable(self) -> None:
        if self.read_only:
            raise InputError.read_only()

    def _prepare(self) -> None:
        self._check_writable()
        if self.folder.is_symlink() or (self.folder.exists() and not self.folder.is_dir()):
            remedy = "Move it away; deleted runs are then kept in a new folder."
            raise InputError(f"{self.folder} to be a folder", "a link or a file", remedy)
        self.folder.mkdir(exist_ok=True)

    def _paths(self) -> Iterator[Path]:
        """Everything in the trash; nothing if it is a link, which may point to a folder that is not the store's."""
        if self.folder.is_dir() and not self.folder.is_symlink():
            yield from self.folder.iterdir()


def _entry(path: Path) -> DeletedRun | None:
    parts = _ENTRY.fullmatch(path.name)
    if parts is None:
        return None
    try:
        deleted_at = datetime.strptime(parts["stamp"], _STAMP).replace(tzinfo=UTC).timestamp()
    except ValueError:
        return None
    return DeletedRun(path, parts["run_id"], deleted_at)
