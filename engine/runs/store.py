"""The store: a folder of run directories; `run_files` describes their files. No torch."""

import os
import re
import shutil
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from engine.atomic import folder_locked, place_folder
from engine.documents import damaged, documents_in, first_fault, modified
from engine.errors import DamagedFile, InputError, disk_words
from engine.runs.config import RunConfig
from engine.runs.folder_options import folder_options
from engine.runs.labels import LABELS, LabelChange, RunLabels, hand_over, has_labels_alone, read_labels
from engine.runs.model_config import ImportedConfig, ModelConfig
from engine.runs.result_file import read_result
from engine.runs.run_files import CONFIG, ENVIRONMENT, MODEL, RESULT, read_json, write_json
from engine.runs.trash import DeletedRun, Trash

FORMAT = 1
RUN_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,99}")
_DIGEST_AT_END = re.compile(r"-[0-9a-f]{10}$")

_DECISIVE = (RESULT, MODEL, ENVIRONMENT, "metrics.jsonl", "last.safetensors")
"""Files that only a run has."""

_ENTRIES = {"format", "run_id", "created_at", "config", "imported"}
CONFIG_REMEDY = "Restore the file from a copy, or delete the run."

SHIPPED = Path(os.environ.get("MINMAX_SHIPPED") or Path(__file__).parents[2] / "checkpoints" / "shipped")
"""Folder of the recorded runs that are part of the project; MINMAX_SHIPPED names another place, as in a container."""

CACHE = ".cache"
"""Folder of the store that caches adversarial examples; private, and safe to delete."""


class RunStore:
    """A folder of run directories.

    shipped: a second, read-only folder. If both have a run, the one in `root` is used.
    read_only: whether every change raises InputError.
    """

    def __init__(self, root: Path, shipped: Path | None = None, read_only: bool = False) -> None:
        self.root, self.shipped, self.read_only = root, shipped, read_only
        self.trash = Trash(root, read_only)

    def check_writable(self) -> None:
        """Raise InputError if the store was opened read-only."""
        if self.read_only:
            raise InputError.read_only()

    def prepare(self) -> None:
        """Create the folder.

        Raises:
            InputError: the folder cannot be created or is not writable, or the store is read-only.
        """
        self.check_writable()
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            writable = os.access(self.root, os.W_OK)
        except OSError as error:
            raise InputError(
                "a folder for runs", f"{self.root} ({disk_words(error)})", "Choose another --store."
            ) from error
        if not writable:
            raise InputError("a folder that can be written to", str(self.root), "Choose another --store.")

    def run_ids(self) -> list[str]:
        """Ids of all runs: those in `root`, newest first, then those that are only shipped, by name."""
        own = _creation_times(self.root)
        shipped = _creation_times(self.shipped) if self.shipped else {}
        return sorted(own, key=lambda name: (-own[name], name)) + sorted(set(shipped) - set(own))

    def path(self, run_id: str) -> Path:
        """Path of a run's directory, which need not exist."""
        own = self.root / run_id
        if self.shipped is None or is_run(own):
            return own
        shipped = self.shipped / run_id
        return shipped if is_run(shipped) else own

    def has_shipped(self, run_id: str) -> bool:
        """Whether a run is part of the project, even if it was copied into `root`."""
        return self.shipped is not None and is_run(self.shipped / run_id)

    def is_shipped(self, run_id: str) -> bool:
        """Whether a run exists only among the project's recorded runs, which are read-only."""
        return not is_run(self.root / run_id) and self.has_shipped(run_id)

    def folder(self, run_id: str) -> Path:
        """Directory of an existing run, for reading.

        Raises:
            InputError: the id is not valid, or the run does not exist.
        """
        path = self.path(run_id) if RUN_ID.fullmatch(run_id) else None
        if path is None or not is_run(path):
            remedy = f"List the runs with `python -m engine runs{folder_options(self.root)}`."
            raise InputError(f"the id of a run in {self.root}", repr(run_id), remedy)
        return path

    def own_folder(self, run_id: str) -> Path:
        """Directory of an existing run, for writing; a shipped run is copied into `root` first."""
        self.check_writable()
        folder, own = self.folder(run_id), self.root / run_id
        if folder == own or is_run(own):
            return own
        self.prepare()
        self._place(own, lambda copy: shutil.copytree(folder, copy))
        return own

    def create(self, config: ModelConfig) -> Path:
        """Create the directory of a run; an existing one is left unchanged. A crash leaves no run without a config.

        Raises:
            DamagedFile: the run exists, but its config is missing.
        """
        self.prepare()
        folder = self.root / config.run_id
        if not is_run(folder):
            self._place(folder, lambda new: describe_run(new, config))
        _check_config(folder)
        return folder

    def discard(self, run_id: str) -> None:
        """Remove a run that has nothing but its config and labels, since it could not be queued; labels stay."""
        folder = self.root / run_id
        with suppress(OSError):
            if {*os.listdir(folder)} <= {CONFIG, LABELS}:
                (folder / CONFIG).unlink()
                folder.rmdir()

    def _place(self, folder: Path, fill: Callable[[Path], object]) -> None:
        """Create the folder of a run as a whole, unless it exists; an empty folder gives way, and labels stay."""
        made: list[Path] = []

        def fill_new(new: Path) -> None:
            made.append(new)
            fill(new)

        def give_way(old: Path) -> None:
            if not hand_over(old, made[0]):
                self.trash.put(old)

        place_folder(folder, fill_new, is_whole=lambda: is_run(folder), set_aside=give_way)

    def check_deletable(self, run_id: str) -> Path:
        """Path of a run that can be deleted: it is in `root`, even if its config is damaged or it is a symbolic link.

        Raises:
            InputError: the run does not exist or is shipped.
        """
        own = self.root / run_id
        is_named = RUN_ID.fullmatch(run_id) and (_DIGEST_AT_END.search(run_id) or is_run(own))
        if is_named and os.path.lexists(own) and not has_labels_alone(own):
            return own
        self.folder(run_id)
        raise InputError(
            "a run of your own",
            f"{run_id}, which came with the project",
            "Only runs that were trained or imported here can be deleted.",
        )

    def delete(self, run_id: str) -> DeletedRun:
        """Move a run into the trash, from where it can be restored for some days; InputError as `check_deletable`."""
        return self.trash.put(self.check_deletable(run_id))

    def config(self, run_id: str) -> ModelConfig:
        """Config of a run: a RunConfig or an ImportedConfig; errors as in `described`."""
        return self.described(run_id)[0]

    def described(self, run_id: str) -> tuple[ModelConfig, datetime | None]:
        """Config of a run, and when the run was created; None if its config does not say so.

        Raises:
            InputError: the run does not exist, or its config is of a newer version.
            DamagedFile: its config cannot be read, or its content is no config.
        """
        path = _check_config(self.folder(run_id))
        document = read_json(path, CONFIG_REMEDY) or {}
        found = document.get("format")
        if isinstance(found, int) and found > FORMAT:
            remedy = "Update this program to open it; nothing was changed."
            raise InputError(f"a run directory of format {FORMAT} or older", f"format {found} in {path.parent}", remedy)
        try:
            if unknown := set(document) - _ENTRIES:
                raise ValueError(f"unknown entries {sorted(unknown)}")
            if "imported" in document:
                config = ImportedConfig.model_validate(document["imported"])
            else:
                config = RunConfig.model_validate(document.get("config"))
        except ValueError as error:  # of pydantic and InputError too
            raise damaged(path, first_fault(error), CONFIG_REMEDY) from error
        return config, _moment(document.get("created_at"))

    def training_config(self, run_id: str) -> RunConfig:
        """Config of a run that is trained here; InputError as in `config`, and for imported weights."""
        config = self.config(run_id)
        if not isinstance(config, RunConfig):
            raise InputError("a run to be trained here", f"{run_id}, which was imported", "Import its file again.")
        return config

    def result(self, run_id: str) -> dict | None:
        """Result of a run; None until it has ended; DamagedFile if it cannot be read."""
        return read_result(self.path(run_id))

    def labels_path(self, run_id: str) -> Path:
        """Path of a run's labels: in `root`, unless only a shipped run brings some."""
        own = self.root / run_id / LABELS
        return own if os.path.lexists(own) else self.path(run_id) / LABELS

    def labels(self, run_id: str) -> RunLabels:
        """Labels of a run; DamagedFile if they cannot be read."""
        return read_labels(self.labels_path(run_id)) or RunLabels()

    def change_labels(self, run_id: str, change: LabelChange) -> RunLabels:
        """Change the labels of a run; those of a shipped run are written into `root`, and the run is not copied.

        Changes of several processes and threads come one after another; each starts from the labels on disk.

        Raises:
            InputError: the run does not exist, the new labels exceed their limits, or the store is read-only.
            DamagedFile: the present labels cannot be read.
        """
        self.prepare()
        with folder_locked(self.root):
            self.folder(run_id)
            labels = change.applied(self.labels(run_id))
            own = self.root / run_id
            own.mkdir(exist_ok=True)
            write_json(own / LABELS, labels.model_dump(mode="json"))
        return labels

    def report_paths(self, run_id: str) -> list[Path]:
        """Paths of a run's robustness reports, oldest first; each file is named after its protocol."""
        return documents_in(self.path(run_id) / "evaluations")


def describe_run(folder: Path, config: ModelConfig) -> None:
    """Create the folder of a run with its config."""
    folder.mkdir()
    kind = "imported" if isinstance(config, ImportedConfig) else "config"
    write_json(
        folder / CONFIG,
        {
            "format": FORMAT,
            "run_id": config.run_id,
            "created_at": datetime.now(UTC).isoformat(timespec="seconds"),
            kind: config.model_dump(mode="json"),
        },
    )


def _moment(text: object) -> datetime | None:
    """A time in ISO format with its time zone; None for anything else."""
    try:
        found = datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None
    return found if found is not None and found.tzinfo is not None else None


def _check_config(folder: Path) -> Path:
    """Path of a run's config; DamagedFile if it is missing."""
    path = folder / CONFIG
    if not os.path.lexists(path):
        raise DamagedFile(f"the config {path}", "no such file", CONFIG_REMEDY)
    return path


def is_run(folder: Path) -> bool:
    """Whether a folder is a run's: it has a config, readable or not, or a run's name and files whose config is missing.

    True as well if the system does not tell.
    """
    try:
        os.lstat(f"{folder}/{CONFIG}")
    except (FileNotFoundError, NotADirectoryError):
        named = os.path.lexists(folder) and _DIGEST_AT_END.search(folder.name) is not None
        return named and any(os.path.lexists(folder / name) for name in _DECISIVE)
    except OSError:
        return True
    return True


def _creation_times(root: Path) -> dict[str, int]:
    """Name of each run directory in `root` -> time at which its config was written, in nanoseconds."""
    if not root.is_dir():
        return {}
    with os.scandir(root) as entries:
        names = [entry.name for entry in entries if RUN_ID.fullmatch(entry.name)]
    times = {}
    for name in names:
        try:
            times[name] = os.stat(f"{root}/{name}/{CONFIG}").st_mtime_ns
        except OSError:
            if is_run(root / name):  # a run with a problem
                times[name] = modified(root / name / CONFIG)
    return times


def open_store(root: Path, shipped: bool = True) -> RunStore:
    """The store at `root`, which need not exist yet.

    Args:
        shipped: whether to include the recorded runs of the project.

    Raises:
        InputError: `root` is a file.
    """
    root = root.resolve()
    if root.exists() and not root.is_dir():
        raise InputError("a folder for runs", f"the file {root}", "Choose another folder (--store).")
    return RunStore(root, SHIPPED if shipped else None)
