"""The data of a run: which images it was or will be trained on, and whether others are at hand. No torch."""

import os
from dataclasses import dataclass
from pathlib import Path

from engine.data.catalog import Contents
from engine.data.identity import Relation, contents_identity, read_contents
from engine.errors import DamagedFile, InputError
from engine.runs.config import RunConfig
from engine.runs.model_config import ModelConfig
from engine.runs.records import METRICS
from engine.runs.run_files import ENVIRONMENT, read_json
from engine.training.checkpoint_file import has_checkpoint


@dataclass(frozen=True)
class RecordedData:
    """Digests of the data that a run was trained on; None for what was not recorded."""

    train: str | None = None
    test: str | None = None


def read_sessions(folder: Path) -> list[dict]:
    """Training sessions of a run, oldest first; empty without the file.

    Raises:
        DamagedFile: the file exists and does not list sessions with their data.
    """
    path = folder / ENVIRONMENT
    if not path.exists():
        return []
    sessions = (read_json(path) or {}).get("sessions")
    if not isinstance(sessions, list) or not all(isinstance(one, dict) and "data" in one for one in sessions):
        remedy = "Restore the file from a copy, or delete the run and launch it again."
        raise DamagedFile(f"{path} to list the sessions that trained the run", "a damaged file", remedy)
    return sessions


def sessions_so_far(folder: Path) -> list[dict]:
    """Training sessions of a run that is not finished, oldest first; empty before its first one.

    Raises:
        DamagedFile: the file is damaged, or missing although the run has started.
    """
    sessions = read_sessions(folder)
    if not sessions and (has_checkpoint(folder) or os.path.lexists(folder / METRICS)):
        raise DamagedFile(
            f"{folder / ENVIRONMENT}, which says what {folder.name} was trained on so far",
            "no such file, although the run has started",
            "Restore the file from a copy, or delete the run and launch it again.",
        )
    return sessions


def recorded_data(folder: Path) -> RecordedData:
    """What a run recorded of its data; nothing for imported weights. DamagedFile as in `read_sessions`."""
    sessions = read_sessions(folder)
    tests = [session["test_data"] for session in sessions if "test_data" in session]
    return RecordedData(sessions[0]["data"] if sessions else None, tests[-1] if tests else None)


def data_relation(folder: Path, config: ModelConfig, found: Contents) -> Relation:
    """Whether a run was trained on these contents: by its records, or before its first session by its config.

    Test images are the run's own if their digest is the recorded one. Runs of earlier versions recorded the training
    part alone, imported weights nothing.
    """
    recorded = recorded_data(folder)
    if recorded.test is not None:
        return "same" if recorded.test == found.test else "other"
    if recorded.train is not None:
        return "unknown" if recorded.train == found.train else "other"
    if not isinstance(config, RunConfig):
        return "unknown"
    return "same" if _is_named_after(config, found) else "other"


def check_training_data(folder: Path, config: RunConfig, found: Contents) -> None:
    """Check that a run may be trained on these contents.

    A run that has started goes on with the images it started with. Any other is trained on those of its config.

    Raises:
        InputError: the images are others. DamagedFile: as in `read_sessions`.
    """
    recorded = recorded_data(folder)
    if recorded.train is None:
        if not _is_named_after(config, found):
            raise _not_named_after(config, found)
        return
    for part, own, here in (("training", recorded.train, found.train), ("test", recorded.test, found.test)):
        if own not in (None, here):
            raise InputError(
                f"the {part} images that {config.run_id} started with ({own})",
                f"other images ({here})",
                "Restore the first data file, or launch the run again: on these images it is a run of its own.",
            )


def check_data_at_hand(folder: Path, config: RunConfig, data_dir: Path) -> None:
    """Check a run before it is queued, as `check_training_data`; without a file, its job checks the download.

    Raises:
        DamagedFile: as `sessions_so_far`.
    """
    sessions_so_far(folder)
    found = read_contents(config.dataset, data_dir)
    if found is not None:
        check_training_data(folder, config, found)


def _is_named_after(config: RunConfig, found: Contents) -> bool:
    spec = config.dataset_spec
    if config.data_digest is None and spec.listed is None:
        return True  # queued by an earlier version
    return contents_identity(spec, found) == config.data_digest


def _not_named_after(config: RunConfig, found: Contents) -> InputError:
    spec = config.dataset_spec
    expected, got = config.data_digest, contents_identity(spec, found)
    remedy = "Restore the data file, or launch the run again: on these images it is a run of its own."
    listed = f"the listed images of {spec.title}"
    return InputError(
        f"{f'images with the digest {expected}' if expected else listed} for {config.run_id}",
        f"images with the digest {got}" if got else listed,
        remedy,
    )
