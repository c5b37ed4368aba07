"""Files of launched sweeps. No torch.

The file sweeps/<sweep_id>.json in the store has the format and the request. The results are those of the runs.
"""

from pathlib import Path

from engine.documents import damaged, documents_in, first_fault, problem_of, read_json, usable, write_json
from engine.runs.store import RunStore
from engine.studies.sweep import SweepRequest

FOLDER, FORMAT = "sweeps", 1
SWEEP_REMEDY = "Restore it from a copy, or delete this file: the runs of the sweep are kept."


def save_sweep(store: RunStore, request: SweepRequest) -> None:
    """Save the request of a sweep; a sweep that was saved before moves to the front of `read_sweeps`."""
    store.prepare()
    folder = store.root / FOLDER
    folder.mkdir(exist_ok=True)
    document = {"format": FORMAT, "request": request.model_dump(mode="json")}
    write_json(folder / f"{request.sweep_id}.json", document)


def read_sweeps(store: RunStore) -> list[SweepRequest]:
    """Requests of the sweeps in the store, newest first, each once.

    Damaged files and newer formats are skipped; `sweep_problems` names them.
    """
    found = (usable(read_sweep_file, path) for path in reversed(documents_in(store.root / FOLDER)))
    return list(dict.fromkeys(request for request in found if request is not None))


def forget_sweep(store: RunStore, request: SweepRequest) -> None:
    """Delete the file of a sweep; its runs are kept."""
    store.check_writable()
    for path in documents_in(store.root / FOLDER):
        if usable(read_sweep_file, path) == request:
            path.unlink(missing_ok=True)


def sweep_problems(store: RunStore) -> list[str]:
    """A sentence for each file of a sweep that cannot be read."""
    found = (problem_of(read_sweep_file, path) for path in documents_in(store.root / FOLDER))
    return [problem for problem in found if problem is not None]


def read_sweep_file(path: Path) -> SweepRequest | None:
    """The sweep in this file; None if it does not exist or has no runs.

    Raises:
        DamagedFile: it cannot be read, is not what was written, or is of a newer format.
    """
    document = read_json(path, SWEEP_REMEDY)
    if document is None:
        return None
    try:
        if set(document) != {"format", "request"} or document["format"] != FORMAT:
            raise ValueError(f"no sweep of format {FORMAT}")
        request = SweepRequest.model_validate(document["request"])
        return request if request.study.configs else None
    except ValueError as error:  # of pydantic and InputError too
        raise damaged(path, first_fault(error), SWEEP_REMEDY) from error
