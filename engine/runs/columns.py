"""Columns: the numbers of many records, key by key, in little memory."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, overload

import numpy as np

Path = tuple[str, ...]
"""Key of a number in a record: (key,), or (key, layer) for the number of a layer."""


class Records(Sequence[dict[str, Any]]):
    """Records of one moment, which further ones do not change; numbers that a record lacks are None.

    Text, and objects deeper than the layers, are left out.
    """

    def __init__(self, columns: Mapping[Path, np.ndarray], whole: frozenset[Path], count: int) -> None:
        self._columns, self._whole, self._count = columns, whole, count

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, index: int) -> dict[str, Any]: ...
    @overload
    def __getitem__(self, index: slice) -> "Records": ...
    def __getitem__(self, index: int | slice) -> "dict[str, Any] | Records":
        if isinstance(index, slice):
            columns = {path: values[index] for path, values in self._columns.items()}
            return Records(columns, self._whole, len(range(self._count)[index]))
        place, record = range(self._count)[index], {}
        for path, values in self._columns.items():
            value = float(values[place])
            found = None if np.isnan(value) else int(value) if path in self._whole else value
            if len(path) == 1:
                record[path[0]] = found
            else:
                record.setdefault(path[0], {})[path[1]] = found
        return record

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return (self[place] for place in range(self._count))

    def column(self, *path: str) -> np.ndarray:
        """One number of every record, (records,) float64, NaN where it is missing; do not modify it."""
        found = self._columns.get(path)
        return np.full(self._count, np.nan) if found is None else found


NOTHING = Records({}, frozenset(), 0)


class Columns:
    """Records as they are appended."""

    def __init__(self) -> None:
        self.count = 0
        self._values: dict[Path, np.ndarray] = {}
        self._fractional: set[Path] = set()
        self._view = NOTHING

    @property
    def nbytes(self) -> int:
        return sum(values.nbytes for values in self._values.values())

    def append(self, record: Mapping[str, Any]) -> None:
        for path, value in _numbers(record):
            values = self._values.get(path)
            if values is None or len(values) == self.count:
                values = self._values[path] = _larger(values, self.count)
            values[self.count] = np.nan if value is None else value
            if isinstance(value, float):
                self._fractional.add(path)
        self.count += 1
        for path, values in self._values.items():
            if len(values) < self.count:
                self._values[path] = _larger(values, self.count)

    def view(self) -> Records:
        """The records so far: the same object until another one is appended."""
        if len(self._view) != self.count:
            columns = {path: values[: self.count] for path, values in self._values.items()}
            self._view = Records(columns, frozenset(self._values.keys() - self._fractional), self.count)
        return self._view


def column(records: Sequence[Mapping[str, Any]], *path: str) -> np.ndarray:
    """As `Records.column`, of any records."""
    if isinstance(records, Records):
        return records.column(*path)
    values = [record.get(path[0]) if len(path) == 1 else (record.get(path[0]) or {}).get(path[1]) for record in records]
    return np.array([np.nan if value is None else value for value in values], dtype=np.float64)


def _numbers(record: Mapping[str, Any]) -> Iterator[tuple[Path, float | None]]:
    for key, value in record.items():
        if isinstance(value, Mapping):
            yield from (((key, layer), found) for layer, found in value.items() if _is_number(found))
        elif _is_number(value):
            yield (key,), value


def _is_number(value: object) -> bool:
    return value is None or isinstance(value, int | float)


def _larger(values: np.ndarray | None, count: int) -> np.ndarray:
    """Space for more than `count` numbers, NaN but for those of `values`; the old array stays as it is."""
    larger = np.full(max(64, 2 * count), np.nan)
    if values is not None:
        larger[: len(values)] = values
    return larger
