"""Where a training goes on: at the newest checkpoint that the records of the run agree with. No torch."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from engine.documents import read_content
from engine.errors import DamagedFile, UnreadableFile
from engine.runs.records import METRICS, chained, check_rows, complete_lines, valid_records, weights_file
from engine.training.checkpoint_file import Position, StoredCheckpoint, checkpoint_paths, read_checkpoint
from engine.training.schedule import TRAINING_VERSION


@dataclass(frozen=True, eq=False)
class Resumption:
    """A checkpoint to resume from, None to start anew; and why training goes back, None if it does not."""

    stored: StoredCheckpoint | None
    note: str | None = None

    @property
    def position(self) -> tuple[int, int]:
        """Step and number of snapshots."""
        return (self.stored.position.step, self.stored.position.snapshots) if self.stored else (0, 0)


def find_resumption(folder: Path) -> Resumption:
    """The newest checkpoint that this version can resume, and whose snapshots are all on record.

    Training from an earlier state, or anew, gives the same result, and records the lost snapshots again.

    Raises:
        UnreadableFile: a file exists, but cannot be opened; it may be whole, so training must not overwrite it.
    """
    faults = []
    for path in checkpoint_paths(folder):
        try:
            stored = read_checkpoint(path)
            if stored is not None and stored.position.training_version == TRAINING_VERSION:
                check_records(folder, stored.position)
                return Resumption(stored, _note(folder, faults, stored.position.step))
        except UnreadableFile:
            raise
        except DamagedFile as error:
            faults.append(str(error))
    return Resumption(None, _note(folder, faults, 0))


def check_records(folder: Path, position: Position) -> None:
    """Check that a run's records have all snapshots before a position, and no others among them.

    Raises:
        DamagedFile: snapshots or their weights are missing, changed, or in another order.
        UnreadableFile: a file exists, but cannot be opened.
    """
    wanted = position.snapshots
    lines = complete_lines(read_content(folder / METRICS) or b"")[:wanted]
    if len(lines) < wanted:
        raise _fault(folder, f"{wanted} snapshots", f"{len(lines)}")
    records = list(valid_records(lines))
    if [record["snapshot"] for record in records] != list(range(wanted)):
        raise _fault(folder, f"{wanted} snapshots in their order", f"damage after {len(records)}")
    if position.records is not None and chained(lines) != position.records:
        raise _fault(folder, f"the {wanted} snapshots of the checkpoint", "others")
    if records and records[-1]["step"] > position.step:
        raise _fault(folder, f"{wanted} snapshots up to step {position.step}", f"one of step {records[-1]['step']}")
    for layer, size in (records[-1].get("weights", {}) if records else {}).items():
        path = folder / weights_file(layer)
        check_rows(path, records, layer, read_content(path) or b"", 4 * size)


def _fault(folder: Path, expected: str, got: str) -> DamagedFile:
    return DamagedFile(f"{expected} in {folder / METRICS}", got, "Restore the file from a copy, or train again.")


def _note(folder: Path, faults: Sequence[str], step: int) -> str | None:
    if not faults:
        return None
    where = f"goes back to step {step}" if step else "starts anew"
    return f"Training of {folder.name} {where}, with the same result, because of damage. {faults[0]}"
