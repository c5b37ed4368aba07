"""Files of launched sweeps. No torch.

The file sweeps/<sweep_id>.json in the store has the format and the request. The results are those of the runs.
"""

from engine.errors import InputError
from engine.runs.run_files import read_json, write_json
from engine.runs.store import RunStore
from engine.studies.sweep import SweepRequest
from engine.validation import validated

FOLDER, FORMAT = "sweeps", 1


def save_sweep(store: RunStore, request: SweepRequest) -> None:
    """Save the request of a sweep; a sweep that was saved before moves to the front of `read_sweeps`."""
    store.prepare()
    folder = store.root / FOLDER
    folder.mkdir(exist_ok=True)
    document = {"format": FORMAT, "request": request.model_dump(mode="json")}
    write_json(folder / f"{request.sweep_id}.json", document)


def read_sweeps(store: RunStore) -> list[SweepRequest]:
    """Requests of the sweeps in the store, newest first, each once; damaged files and newer formats are skipped."""
    paths = sorted((store.root / FOLDER).glob("*.json"), key=lambda path: (-path.stat().st_mtime_ns, path.name))
    return list(dict.fromkeys(request for path in paths if (request := _request(read_json(path) or {})) is not None))


def forget_sweep(store: RunStore, request: SweepRequest) -> None:
    """Delete the file of a sweep; its runs are kept."""
    for path in (store.root / FOLDER).glob("*.json"):
        if _request(read_json(path) or {}) == request:
            path.unlink(missing_ok=True)


def _request(document: dict) -> SweepRequest | None:
    if document.get("format") != FORMAT or not isinstance(document.get("request"), dict):
        return None
    try:
        request = validated(SweepRequest, **document["request"])
        return request if request.study.configs else None
    except InputError:
        return None
