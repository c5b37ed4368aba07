"""Inspection of a run: every file that cannot be read, or is not what was written, with what to do. No torch."""

import os
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path

from engine.documents import damaged, problem_of, read_content, read_json, unreadable
from engine.errors import DamagedFile, InputError
from engine.file_state import MISSING, FileState, file_state
from engine.measurements.curve.read import read_curve_file
from engine.measurements.diagnosis.read import read_diagnosis_file
from engine.measurements.evaluation.arrays import read_evaluated
from engine.measurements.evaluation.read import read_report
from engine.measurements.transfer.read import read_transfer_file
from engine.runs.labels import read_labels
from engine.runs.records import METRICS, RECORDS_REMEDY, check_rows, complete_lines, valid_records, weights_file
from engine.runs.resumption import check_records
from engine.runs.run_data import sessions_so_far
from engine.runs.run_files import ENVIRONMENT, MODEL, RESULT, load_weights
from engine.runs.store import RunStore
from engine.training.checkpoint_file import checkpoint_paths, read_checkpoint, read_checkpoints

Reader = Callable[[Path], object]

READERS: dict[tuple[str, str], Reader] = {
    ("evaluations", ".json"): read_report,
    ("adversarial", ".npz"): read_evaluated,
    ("diagnoses", ".json"): read_diagnosis_file,
    ("curves", ".json"): read_curve_file,
    ("transfers", ".json"): read_transfer_file,
    ("own_images", ".json"): read_report,
    ("own_images", ".npz"): read_evaluated,
}
"""(folder, ending of a file) -> what reads it."""


def run_problems(store: RunStore, run_id: str, *, is_active: bool = False, from_disk: bool = False) -> list[str]:
    """A sentence for each damaged file of a run, in the order of its files; empty if all are whole.

    Args:
        is_active: whether a process writes the run, whose records and checkpoints are then not read.
        from_disk: whether to read files again that have not changed since they were read in this process.
    """
    folder, check = store.path(run_id), _problem if from_disk else _remembered
    found: list[str | None] = [_refusal(store.config, run_id), _refusal(store.result, run_id)]
    found.append(check(read_labels, path := store.labels_path(run_id), file_state(path)))
    found += [check(read, path, file_state(path)) for read, path in _files(folder, is_active)]
    found += [_listing_problem(folder / name) for name in dict.fromkeys(name for name, _ in READERS)]
    if not is_active:
        others = (*sorted(folder.glob("*.f32")), *checkpoint_paths(folder))
        check_all = _records_problem if from_disk else _remembered_records
        found.append(check_all(folder, tuple(map(file_state, (folder / METRICS, folder / RESULT, *others)))))
    return [problem for problem in found if problem is not None]


def _refusal(read: Callable[[str], object], run_id: str) -> str | None:
    """Why the store does not give a part of a run; None if it does."""
    try:
        read(run_id)
    except InputError as error:
        return str(error)
    return None


def _files(folder: Path, is_active: bool) -> Iterator[tuple[Reader, Path]]:
    """Files that are read one by one, each with its reader."""
    yield _read_environment, folder / ENVIRONMENT
    if os.path.lexists(folder / MODEL):
        yield _read_model, folder / MODEL
    if not is_active:
        yield from ((read_checkpoint, path) for path in checkpoint_paths(folder))
    for (name, suffix), read in READERS.items():
        for path in sorted(_names(folder / name)):
            if path.name.endswith(suffix) and not path.name.startswith("."):
                yield read, path


def _names(folder: Path) -> list[Path]:
    try:
        return [folder / name for name in os.listdir(folder)]
    except OSError:
        return []


def _listing_problem(folder: Path) -> str | None:
    """Why the files of a folder cannot be listed; None if they can, or if there is none."""
    try:
        os.listdir(folder)
    except FileNotFoundError:
        return None
    except NotADirectoryError:
        return str(damaged(folder, "a file instead of a folder", "Delete this file."))
    except OSError as error:
        return str(unreadable(folder, error))
    return None


def _problem(read: Reader, path: Path, state: FileState) -> str | None:
    return problem_of(read, path)


_remembered = lru_cache(maxsize=16_384)(_problem)
"""The problem of a file in a state; of a file that is changed, another state is asked."""


def _read_environment(path: Path) -> None:
    if set(read_json(path) or {}) - {"sessions"}:
        raise damaged(path, "unknown entries")
    if not os.path.lexists(path.parent / RESULT):  # imported and recorded runs may have none
        sessions_so_far(path.parent)


def _read_model(path: Path) -> None:
    load_weights(path.parent)


def _records_problem(folder: Path, states: tuple[FileState, ...]) -> str | None:
    try:
        check_all_records(folder)
    except DamagedFile as error:
        return str(error)
    return None


_remembered_records = lru_cache(maxsize=4_096)(_records_problem)


def check_all_records(folder: Path) -> None:
    """Raise DamagedFile unless every line of metrics is whole, has its rows in all films, and none is missing.

    The newest checkpoint of an unfinished run tells how many there are at least.
    """
    path, is_over = folder / METRICS, file_state(folder / RESULT) != MISSING
    content = read_content(path) or b""
    lines = complete_lines(content)
    records = list(valid_records(lines))
    if len(records) < len(lines):
        raise damaged(path, f"line {len(records) + 1} is damaged or in another order", RECORDS_REMEDY)
    if is_over and not content.endswith(b"\n"):
        raise damaged(path, "it ends within a line" if content else "it is empty or missing", RECORDS_REMEDY)
    if records and records[0]["snapshot"] != 0:
        raise damaged(path, "its first snapshot is missing", RECORDS_REMEDY)
    for place, (layer, size) in enumerate((records[0].get("weights", {}) if records else {}).items()):
        film = folder / weights_file(layer)
        rows = read_content(film)
        if rows is not None:
            check_rows(film, records, layer, rows, 4 * size)
        elif place == 0 or os.path.lexists(folder / MODEL):  # a copy without weights has the first film alone
            raise damaged(film, "it is missing", RECORDS_REMEDY)
    stored = None if is_over else next(read_checkpoints(folder), None)
    if stored is not None:  # records are on disk before the checkpoint that counts them
        check_records(folder, stored.position)
