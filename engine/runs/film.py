"""Film: the weights of one layer at every snapshot, read from the file row by row when they are asked for. No torch.

The file is not mapped into memory: the system kills a program that touches a mapped page behind the end of its file,
and films become shorter when a run is resumed.
"""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from engine.checksum import checksum
from engine.errors import DamagedFile
from engine.runs.growing_file import GrowingFile

CHUNK = 4 * 2**20
"""Bytes that are read at once while the rows of a film are checked."""

SAMPLED = 128
"""Most rows from which `Film.percentile` is computed."""


class Film:
    """The first rows of a film, (snapshots, n) float32, as far as they were checked; indexed like an array.

    farthest: largest |w| of each row, (snapshots,).
    """

    def __init__(self, reader: "FilmReader", farthest: np.ndarray) -> None:
        self._reader, self.farthest = reader, farthest
        self.shape = len(farthest), reader.width

    def __len__(self) -> int:
        return self.shape[0]

    @property
    def size(self) -> int:
        return self.shape[0] * self.shape[1]

    def __getitem__(self, index: Any) -> np.ndarray:
        """One row, (n,), for a number; (k, n) for a slice or k numbers.

        Raises:
            DamagedFile: the file has been cut or replaced since; IndexError: there is no such row.
        """
        places = np.arange(len(self))[index]
        rows = self._reader.rows(np.atleast_1d(places))
        return rows if np.ndim(places) else rows[0]

    def percentile(self, percent: float) -> float:
        """Percentile of |w| over all rows, or over a sample of them if they are more than SAMPLED."""
        return self._reader.percentile(len(self), percent)


class FilmReader:
    """Reads a film as it grows: every row is checked once, and none is kept.

    width: number of weights in a row.
    """

    def __init__(self, path: Path, width: int) -> None:
        self.width, self._file = width, GrowingFile(path)
        self._farthest = np.empty(64, dtype=np.float32)
        self._count, self._inode = 0, 0
        self._percentiles: dict[tuple[int, int, float], float] = {}
        self._film: Film | None = None

    @property
    def nbytes(self) -> int:
        return self._farthest.nbytes

    def read(self, wanted: int, checksums: Sequence[bytes]) -> Film:
        """The film up to row `wanted`, to the last whole row, or to the first that does not fit its checksum.

        It is the same object until it has another length or the file starts over.

        Args:
            checksums: one per row, empty for a row that is not checked; fewer than rows if the last are not checked.
        """
        row = 4 * self.width
        while self.width:
            try:
                starts_over, content = self._file.look(min(max(CHUNK // row, 1), max(wanted - self._count, 0)) * row)
            except OSError:  # a problem of the run
                break
            if starts_over:
                self._count, self._farthest = 0, np.empty(64, dtype=np.float32)
                self._percentiles, self._film = {}, None
                continue
            whole = content[: len(content) // row * row]
            if not whole:
                break
            rows = np.frombuffer(whole, dtype="<f4").reshape(-1, self.width)
            fitting = self._count_fitting(rows, checksums)
            self._add(rows[:fitting])
            self._file.take(whole[: fitting * row])
            if fitting < len(rows):
                break
        count = min(self._count, wanted)
        if self._film is None or len(self._film) != count:
            self._film = Film(self, self._farthest[:count])
        return self._film

    def rows(self, places: np.ndarray) -> np.ndarray:
        """Rows at these places, (k, n) float32; raises as `Film.__getitem__`."""
        found = np.empty((len(places), self.width), dtype="<f4")
        with self._file.path.open("rb") as file:
            is_same = os.fstat(file.fileno()).st_ino == self._file.inode
            for row, place in zip(found, places, strict=True):
                file.seek(4 * self.width * int(place))
                if not is_same or file.readinto(row.data) != row.nbytes:
                    raise DamagedFile.plain(f"{self._file.path} was replaced while it was read. Open the page again.")
        return found

    def percentile(self, count: int, percent: float) -> float:
        stride = max(1, 2 ** int(np.ceil(np.log2(count / SAMPLED))))
        sample = np.arange(0, count, stride)
        key = (stride, len(sample), percent)
        if key not in self._percentiles:
            self._percentiles[key] = float(np.percentile(np.abs(self.rows(sample)), percent))
        return self._percentiles[key]

    def _count_fitting(self, rows: np.ndarray, checksums: Sequence[bytes]) -> int:
        """Number of rows before the first that does not fit its checksum."""
        for place, row in enumerate(rows):
            expected = checksums[self._count + place] if self._count + place < len(checksums) else b""
            if expected and checksum(row.tobytes()).encode() != expected:
                return place
        return len(rows)

    def _add(self, rows: np.ndarray) -> None:
        end = self._count + len(rows)
        if end > len(self._farthest):
            larger = np.empty(max(end, 2 * len(self._farthest)), dtype=np.float32)
            larger[: self._count] = self._farthest[: self._count]
            self._farthest = larger
        np.max(np.abs(rows), axis=1, out=self._farthest[self._count : end])
        self._count = end
