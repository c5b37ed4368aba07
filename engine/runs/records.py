"""Records of a run during training: one line of metrics and one row of weights per snapshot, append-only.

`metrics.jsonl` determines the number of snapshots: weights are written first, so every line has its rows.
Readers need no torch and ignore an incomplete last record; the writer removes it before it appends.
"""

import json
import os
from collections.abc import Iterable
from itertools import takewhile
from pathlib import Path

import numpy as np

from engine.training.snapshot import Snapshot

METRICS = "metrics.jsonl"


def weights_file(layer: str) -> str:
    """Name of the file with one float32 row per snapshot."""
    return f"{layer}.f32"


def read_metrics(folder: Path, start: int = 0) -> list[dict]:
    """Records from snapshot `start` on, up to the first incomplete or damaged line."""
    try:
        content = (folder / METRICS).read_bytes()
    except FileNotFoundError:
        return []
    lines = content[: content.rfind(b"\n") + 1].splitlines()
    return list(takewhile(bool, map(_record, lines[start:])))


def read_last_metrics(folder: Path) -> dict | None:
    """Newest complete record, read from the end of the file; None if there is none."""
    try:
        with (folder / METRICS).open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - 4096))
            content = file.read()
    except FileNotFoundError:
        return None
    lines = content[: content.rfind(b"\n") + 1].splitlines()
    return next(filter(None, map(_record, reversed(lines))), None)


def _record(line: bytes) -> dict:
    """Record of one line; empty if the line is damaged."""
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return record if isinstance(record, dict) else {}


def read_conv_weights(folder: Path, layer: str, size: int | None = None) -> np.ndarray:
    """Weights of one layer at every complete snapshot, (snapshots, n) float32; n is `size` or, if None, recorded."""
    records = read_metrics(folder)
    try:
        values = np.fromfile(folder / weights_file(layer), dtype="<f4")
    except FileNotFoundError:
        values = np.empty(0, dtype=np.float32)
    if size is None:  # the first recordings do not store the size, but are complete
        size = records[0].get("weights", {}).get(layer, len(values) // len(records)) if records else 0
    rows = min(len(records), len(values) // size if size else 0)
    return values[: rows * size].reshape(rows, size) if rows else np.empty((0, size), dtype=np.float32)


class Recorder:
    """Writer of a run's records; it keeps the first `keep` snapshots, removes later ones and appends."""

    def __init__(self, folder: Path, conv_sizes: dict[str, int], keep: int) -> None:
        self._truncate_metrics(folder / METRICS, keep)
        self._metrics = (folder / METRICS).open("ab")
        self._weights = {}
        for layer, size in conv_sizes.items():
            path = folder / weights_file(layer)
            path.touch()
            os.truncate(path, min(path.stat().st_size, keep * size * 4))
            self._weights[layer] = path.open("ab")

    @staticmethod
    def _truncate_metrics(path: Path, keep: int) -> None:
        path.touch()
        lines = path.read_bytes().splitlines(keepends=True)[:keep]
        os.truncate(path, sum(map(len, lines)))

    def append(self, snapshot: Snapshot) -> None:
        """Record one snapshot, which readers can see at once."""
        for layer, weights in snapshot.conv_weights.items():
            self._weights[layer].write(weights.astype("<f4").tobytes())
            self._weights[layer].flush()
        self._metrics.write(json.dumps(snapshot.metrics(), allow_nan=False).encode() + b"\n")
        self._metrics.flush()

    def sync(self) -> None:
        """Flush all records to disk; a checkpoint must never be ahead of the records."""
        for file in self._files():
            os.fsync(file.fileno())

    def close(self) -> None:
        for file in self._files():
            file.close()

    def _files(self) -> Iterable:
        return (self._metrics, *self._weights.values())
