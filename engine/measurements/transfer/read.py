"""Stored transfers, in the folder of the run that was attacked. No torch."""

from pathlib import Path

from engine.documents import documents_in, read_model, usable
from engine.errors import InputError
from engine.robustness.cache import weights_digest
from engine.robustness.transfer import Transfer
from engine.runs.run_files import MODEL, load_weights, transfer_path, write_json
from engine.runs.store import RunStore

TRANSFER_REMEDY = "Restore it from a copy, or delete this file and measure the transfer again."


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
        if (transfer := usable(read_transfer_file, path)) is None:
            continue
        for name in (transfer.source, transfer.target):
            if name not in digests:
                digests[name] = final_digest(store, name)
        measured = (transfer.source_weights, transfer.target_weights)
        if transfer.source == run_id and measured == (digests[run_id], digests[transfer.target]):
            found[path.name.split("-", 1)[0], transfer.attack.name, transfer.target] = transfer
    return found


def read_transfer_file(path: Path) -> Transfer | None:
    """The transfer in this file; None if it does not exist; DamagedFile if it cannot be read."""
    return read_model(path, Transfer, TRANSFER_REMEDY)


def transfer_paths(store: RunStore, run_id: str) -> list[Path]:
    """Files of all transfers of a run's images."""
    return sorted(documents_in(store.path(run_id) / "transfers"))


def decisive_paths(store: RunStore, run_id: str) -> list[Path]:
    """Files that `read_transfers` depends on: the transfers, and the weights of all runs in them."""
    paths = transfer_paths(store, run_id)
    names = {run_id, *(path.stem.split("--", 1)[-1] for path in paths)}
    return [*paths, *(store.path(name) / MODEL for name in sorted(names))]


def final_digest(store: RunStore, run_id: str) -> str | None:
    """Digest of a run's final weights; None without final weights."""
    try:
        return weights_digest(load_weights(store.folder(run_id)))
    except InputError:
        return None
