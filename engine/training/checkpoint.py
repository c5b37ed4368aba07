"""Checkpoints: one member's training state in a safetensors file that says what it is and whether it is whole."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

import safetensors.torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from engine.training.atomic import write_atomically
from engine.training.schedule import TRAINING_VERSION
from engine.training.state import TrainingState, member_arrays, restore_members

LAST, NEXT, PREVIOUS = "last.safetensors", "last.next.safetensors", "last.previous.safetensors"


@dataclass(frozen=True)
class Position:
    """Where a member stood: what a resumed stack must agree on, and its own running sum."""

    step: int
    snapshots: int
    loss_sum: float
    loss_count: int
    seconds: float
    training_version: int = TRAINING_VERSION


@dataclass(frozen=True)
class Checkpoint:
    """A loaded checkpoint."""

    position: Position
    arrays: dict[str, Tensor]


def save_checkpoint(folder: Path, state: TrainingState, member: int) -> None:
    """Write the member's state into `folder`; the checkpoint before it stays until this one is on disk."""
    arrays = member_arrays(state, member)
    position = Position(state.step, state.snapshots, float(state.loss_sums[member]), state.loss_count, state.seconds)
    text = json.dumps(asdict(position))
    content = safetensors.torch.save(arrays, {"position": text, "digest": _digest(arrays, text)})
    write_atomically(folder / NEXT, content)
    if (folder / LAST).exists():
        os.replace(folder / LAST, folder / PREVIOUS)
    os.replace(folder / NEXT, folder / LAST)


def load_checkpoint(folder: Path) -> Checkpoint | None:
    """The newest whole checkpoint of `folder`; None when there is none, or none that this version can go on from."""
    for name in (LAST, NEXT, PREVIOUS):
        try:
            with safe_open(folder / name, "pt") as file:
                metadata = file.metadata() or {}
                arrays = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118, not a mapping
            text = metadata["position"]
            position = Position(**json.loads(text))
        except (OSError, SafetensorError, KeyError, TypeError, ValueError):
            continue
        if metadata.get("digest") == _digest(arrays, text) and position.training_version == TRAINING_VERSION:
            return Checkpoint(position, arrays)
    return None


def remove_checkpoints(folder: Path) -> None:
    """Drop what only an unfinished run needs."""
    for name in (LAST, NEXT, PREVIOUS):
        (folder / name).unlink(missing_ok=True)


def restore(state: TrainingState, checkpoints: list[Checkpoint]) -> None:
    """Move a fresh state to where its members' checkpoints stand, one per member, all at the same step."""
    positions = [checkpoint.position for checkpoint in checkpoints]
    if len({(p.step, p.snapshots, p.loss_count) for p in positions}) != 1:
        raise ValueError("members of one stack must resume from the same step")
    restore_members(state, [checkpoint.arrays for checkpoint in checkpoints])
    state.step, state.snapshots = positions[0].step, positions[0].snapshots
    state.loss_count = positions[0].loss_count
    state.loss_sums[:] = [position.loss_sum for position in positions]
    state.seconds = max(position.seconds for position in positions)


def _digest(arrays: dict[str, Tensor], position: str) -> str:
    content = hashlib.blake2b(position.encode(), digest_size=16)
    for name in sorted(arrays):
        content.update(f"{name} {arrays[name].dtype} {tuple(arrays[name].shape)}".encode())
        content.update(arrays[name].numpy().tobytes())
    return content.hexdigest()
