"""Records of a run during training: one line of metrics and one row of weights per snapshot, append-only.

`metrics.jsonl` determines the number of snapshots: weights are written first, so every line has its rows. A line has
its own checksum and, under `rows`, those of its rows; lines of earlier versions have none. Readers need no torch and
ignore an incomplete last record; the writer removes it before it appends.
"""

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Annotated

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from engine.checksum import check_seal, checksum, sealed
from engine.documents import damaged, parse_object, read_content
from engine.training.snapshot import Snapshot

METRICS = "metrics.jsonl"
RECORDS_REMEDY = "Restore the run's folder from a copy, or delete the run and launch it again."

_Accuracy = Annotated[float, Field(ge=0.0, le=1.0)]
_Count = Annotated[int, Field(ge=0, lt=2**53)]


class _Record(BaseModel):
    """Values of one line; what is not listed is a quantity of the layers (engine/minmax/quantities.py)."""

    model_config = ConfigDict(strict=True, extra="allow", allow_inf_nan=False)
    __pydantic_extra__: dict[str, dict[str, float | None]] = Field(init=False)  # pyright: ignore[reportIncompatibleVariableOverride]

    snapshot: _Count
    step: _Count
    epoch: float = Field(ge=0.0)
    loss: float | None
    penalty: float
    clean_accuracy: _Accuracy
    robust_accuracy: _Accuracy | None
    seconds: float
    weights: dict[str, _Count] = {}
    rows: dict[str, str] = {}


def weights_file(layer: str) -> str:
    """Name of the file with one float32 row per snapshot."""
    return f"{layer}.f32"


def parse_record(line: bytes) -> dict | None:
    """The record of one line, without its checksum; None if the line is damaged."""
    try:
        record = check_seal(parse_object(line))
        _Record.model_validate(record)
    except ValueError:  # ValidationError is one
        return None
    return record


def fits_row(record: Mapping, layer: str, row: bytes | memoryview) -> bool:
    """Whether a row of weights is the one that its record describes; records of earlier versions describe none."""
    return "rows" not in record or record["rows"].get(layer) == checksum(row)


def read_metrics(folder: Path, start: int = 0) -> list[dict]:
    """Records from snapshot `start` on, up to the first incomplete or damaged line, or the first in another order.

    Raises:
        UnreadableFile: the file exists, but cannot be opened.
    """
    content = read_content(folder / METRICS) or b""
    return list(valid_records(complete_lines(content)[start:]))


def read_last_metrics(folder: Path) -> dict | None:
    """Newest complete record, read from the end of the file; None if there is none; raises as `read_metrics`."""
    lines = complete_lines(read_content(folder / METRICS, last=4096) or b"")
    return next(filter(None, map(parse_record, reversed(lines))), None)


def complete_lines(content: bytes) -> list[bytes]:
    """Lines of `metrics.jsonl` without their ends; an incomplete last line is left out."""
    return content.split(b"\n")[:-1]


def valid_records(lines: Iterable[bytes]) -> Iterator[dict]:
    """Records of the lines, up to the first one that is damaged or not later than the one before."""
    latest = -1
    for line in lines:
        record = parse_record(line)
        if record is None or record["snapshot"] <= latest:
            return
        latest = record["snapshot"]
        yield record


def read_conv_weights(folder: Path, layer: str, size: int | None = None) -> np.ndarray:
    """Weights of one layer at every complete snapshot, (snapshots, n) float32; n is `size` or, if None, recorded.

    Raises:
        DamagedFile: a snapshot has no row, or another one than it describes.
        UnreadableFile: the file exists, but cannot be opened.
    """
    records, path = read_metrics(folder), folder / weights_file(layer)
    content = read_content(path)
    if size is None:  # the first recordings do not store the size, but are complete
        values = len(content or b"") // 4
        size = records[0].get("weights", {}).get(layer, values // len(records)) if records else 0
    if content is None or not records or not size:
        return np.empty((0, size), dtype=np.float32)
    check_rows(path, records, layer, content, 4 * size)
    return np.frombuffer(content, "<f4", count=len(records) * size).reshape(-1, size).astype(np.float32)


def check_rows(path: Path, records: Iterable[dict], layer: str, content: bytes, row_bytes: int) -> None:
    """Raise DamagedFile unless the content begins with the rows of these records."""
    view = memoryview(content)
    for place, record in enumerate(records):
        row = view[place * row_bytes : (place + 1) * row_bytes]
        if len(row) < row_bytes:
            raise damaged(path, f"it ends before snapshot {record['snapshot']}", RECORDS_REMEDY)
        if not fits_row(record, layer, row):
            raise damaged(path, f"its row of snapshot {record['snapshot']} has other weights", RECORDS_REMEDY)


class Recorder:
    """Writer of a run's records; it keeps the first `keep` snapshots, removes later ones and appends.

    chain: checksum of all lines so far, which a checkpoint keeps.
    """

    def __init__(self, folder: Path, conv_sizes: dict[str, int], keep: int) -> None:
        self.chain = self._truncate_metrics(folder / METRICS, keep)
        self._metrics = (folder / METRICS).open("ab")
        self._weights = {}
        for layer, size in conv_sizes.items():
            path = folder / weights_file(layer)
            path.touch()
            os.truncate(path, min(path.stat().st_size, keep * size * 4))
            self._weights[layer] = path.open("ab")

    @staticmethod
    def _truncate_metrics(path: Path, keep: int) -> str:
        path.touch()
        lines = complete_lines(path.read_bytes())[:keep]
        os.truncate(path, sum(len(line) + 1 for line in lines))
        return chained(lines)

    def append(self, snapshot: Snapshot) -> None:
        """Record one snapshot, which readers can see at once."""
        line = json.dumps(sealed(snapshot.metrics()), allow_nan=False).encode()
        for layer in snapshot.conv_weights:
            self._weights[layer].write(snapshot.row(layer))
            self._weights[layer].flush()
        self._metrics.write(line + b"\n")
        self._metrics.flush()
        self.chain = chained([line], self.chain)

    def sync(self) -> None:
        """Flush all records to disk; a checkpoint must never be ahead of the records."""
        for file in self._files():
            os.fsync(file.fileno())

    def close(self) -> None:
        for file in self._files():
            file.close()

    def _files(self) -> Iterable:
        return (self._metrics, *self._weights.values())


def chained(lines: Iterable[bytes], chain: str = "") -> str:
    """Checksum of all lines, each with that of the lines before; it differs if any line does, or their order."""
    for line in lines:
        chain = checksum(chain.encode(), line)
    return chain
