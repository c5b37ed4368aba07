"""Stored transfers, in the folder of the run that was attacked. No torch."""

from pathlib import Path

from pydantic import ValidationError

from engine.errors import InputError
from engine.robustness.cache import weights_digest
from engine.robustness.transfer import Transfer
from engine.runs.run_files import MODEL, load_weights, read_json, transfer_path, write_json
from engine.runs.store import RunStore


def save_transfer(folder: Path, protocol_id: str, transfer: Transfer) -> None:
    """Write the transfer to `folder`, that of the source; an earlier one of the same kind is replaced."""
    path = transfer_path(folder, protocol_id, transfer.attack.name, transfer.target)
    path.parent.mkdir(exist_ok=True)
    write_json(path, transfer.model_dump(mode="json"))


def read_transfers(store: RunStore, run_id: str) -> dict[tuple[str, str, str], Transfer]:
    """(protocol id, attack, target) -> transfer of the run's images, in the order of file names.

    Skipped are damaged files, and transfers measured with weights that source or target no longer have.
    """
    found, digests = {}, {}
    for path in transfer_paths(store, run_id):
        try:
            transfer = Transfer.model_validate(read_json(path))
        except ValidationError:
            continue
        for name in (transfer.source, transfer.target):
            if name not in digests:
                digests[name] = final_digest(store, name)
        measured = (transfer.source_weights, transfer.target_weights)
        if transfer.source == run_id and measured == (digests[run_id], digests[transfer.target]):
            found[path.name.split("-", 1)[0], transfer.attack.name, transfer.target] = transfer
    return found


def transfer_paths(store: RunStore, run_id: str) -> list[Path]:
    """Files of all transfers of a run's images."""
    return sorted((store.path(run_id) / "transfers").glob("*.json"))


def decisive_paths(store: RunStore, run_id: str) -> list[Path]:
    """Files that `read_transfers` depends on: the transfers, and the weights of all runs in them."""
    paths = transfer_paths(store, run_id)
    names = {run_id, *(path.stem.split("--", 1)[-1] for path in paths)}
    return [*paths, *(store.path(name) / MODEL for name in sorted(names))]


def final_digest(store: RunStore, run_id: str) -> str | None:
    """Digest of a run's final weights; None without final weights."""
    try:
        return weights_digest(load_weights(store.path(run_id)))
    except InputError:
        return None
