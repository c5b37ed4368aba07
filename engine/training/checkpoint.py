"""Checkpoints: save one member's training state to a file, and restore it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from engine.training.checkpoint_file import Position, StoredCheckpoint, read_checkpoints, write_checkpoint
from engine.training.schedule import TRAINING_VERSION
from engine.training.state import TrainingState, member_arrays, restore_members


@dataclass(frozen=True)
class Checkpoint:
    """A loaded checkpoint."""

    position: Position
    arrays: dict[str, Tensor]


def save_checkpoint(
    folder: Path, state: TrainingState, member: int, data: str | None = None, records: str | None = None
) -> None:
    """Write the member's state into `folder`; the previous checkpoint is kept until the new one is on disk.

    Args:
        data, records: as in `Position`.
    """
    position = Position(
        state.step,
        state.snapshots,
        float(state.loss_sums[member]),
        state.loss_count,
        state.seconds,
        data=data,
        records=records,
    )
    write_checkpoint(folder, position, {name: array.numpy() for name, array in member_arrays(state, member).items()})


def load_checkpoint(folder: Path) -> Checkpoint | None:
    """The newest complete checkpoint of `folder` that this version can resume; None without one."""
    for stored in read_checkpoints(folder):
        if stored.position.training_version == TRAINING_VERSION:
            return as_checkpoint(stored)
    return None


def as_checkpoint(stored: StoredCheckpoint) -> Checkpoint:
    """A stored checkpoint with its arrays as tensors."""
    return Checkpoint(stored.position, {name: torch.from_numpy(array) for name, array in stored.arrays.items()})


def restore(state: TrainingState, checkpoints: list[Checkpoint]) -> None:
    """Restore a fresh state from its members' checkpoints, one per member, all at the same step."""
    positions = [checkpoint.position for checkpoint in checkpoints]
    if len({(p.step, p.snapshots, p.loss_count) for p in positions}) != 1:
        raise ValueError("members of one stack must resume from the same step")
    restore_members(state, [checkpoint.arrays for checkpoint in checkpoints])
    state.step, state.snapshots = positions[0].step, positions[0].snapshots
    state.loss_count = positions[0].loss_count
    state.loss_sums[:] = [position.loss_sum for position in positions]
    state.seconds = max(position.seconds for position in positions)
