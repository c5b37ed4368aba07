"""History: the records and films of one run, which grow with its files; every byte of them is read once. No torch."""

import threading
from pathlib import Path

import numpy as np

from engine.file_state import file_state
from engine.runs.columns import Columns, Records
from engine.runs.film import Film, FilmReader
from engine.runs.growing_file import GrowingFile
from engine.runs.records import METRICS, complete_lines, parse_record, weights_file

CHECKSUM_BYTES = 64
"""Memory of one checksum of a row, with Python's part."""


class History:
    """Records and films of one run; any number of threads may share one, and what they got does not change."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._lock = folder, threading.Lock()
        self._metrics = GrowingFile(folder / METRICS)
        self._columns, self._films = Columns(), dict[str, FilmReader]()
        self._rows: dict[str, list[bytes]] = {}
        self._latest = -1

    @property
    def nbytes(self) -> int:
        """Bytes of memory that it holds."""
        checksums = sum(map(len, self._rows.values())) * CHECKSUM_BYTES
        return self._columns.nbytes + checksums + sum(film.nbytes for film in self._films.values())

    def records(self) -> Records:
        """All records, as `read_metrics` reads them, but nothing new of a file that cannot be read."""
        with self._lock:
            self._read_metrics()
            return self._columns.view()

    def film(self, layer: str) -> Film:
        """Weights of a layer at every snapshot that has a record, up to the first row that its record does not fit."""
        with self._lock:
            self._read_metrics()
            records = self._columns.view()
            width = self._width(records, layer)
            if layer not in self._films or self._films[layer].width != width:
                self._films[layer] = FilmReader(self._folder / weights_file(layer), width)
            return self._films[layer].read(len(records), self._rows.get(layer, []))

    def _read_metrics(self) -> None:
        """Read what was appended; a file that cannot be read is as long as it was, and a problem of its run."""
        try:
            starts_over, content = self._metrics.look()
        except OSError:
            return
        if starts_over:
            self._columns, self._films, self._rows, self._latest = Columns(), {}, {}, -1
        for line in complete_lines(content):
            record = parse_record(line)
            if record is None or record["snapshot"] <= self._latest:
                break
            self._latest = record["snapshot"]
            for layer, found in record.get("rows", {}).items():
                checksums = self._rows.setdefault(layer, [])
                checksums += [b""] * (self._columns.count - len(checksums))  # of earlier versions
                checksums.append(found.encode())
            self._columns.append(record)
            self._metrics.take(line + b"\n")

    def _width(self, records: Records, layer: str) -> int:
        """Number of weights of a layer, as recorded; the first recordings do not store it, but are complete."""
        if not records:
            return 0
        recorded = records.column("weights", layer)[0]
        size = file_state(self._folder / weights_file(layer)).size
        return int(recorded) if np.isfinite(recorded) else size // 4 // len(records)
