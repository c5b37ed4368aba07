"""Disk cache of adversarial examples, so that no attack is computed twice.

A key is a text with everything that an attack depends on, never a live module. Entries are pickles: private to the user
(folder mode 0700), never shared and never imported.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from joblib import Memory

from engine.tensor_files import arrays_checksum

ATTACKS_VERSION = 2
"""Increase it when the same configuration gives different adversarial images."""

TWO_GIGABYTES = 2 * 2**30


def weights_digest(weights: Mapping[str, np.ndarray]) -> str:
    """Digest of a model's weights: names, shapes, dtypes and values, independent of the order of names."""
    return arrays_checksum(weights)


class AdversarialCache:
    """Arrays by key in `location`, a folder used only for the cache; None disables caching.

    The least recently used entries are removed when `bytes_limit` is reached. An unreadable entry is computed again.
    """

    def __init__(self, location: Path | None = None, bytes_limit: int = TWO_GIGABYTES) -> None:
        if location is not None:
            location.mkdir(mode=0o700, parents=True, exist_ok=True)
            location.chmod(0o700)
        self._memory = Memory(location, verbose=0)
        self._entry: Any = self._memory.cache(_entry, ignore=["compute"])
        self._slack = bytes_limit // 16
        self._kept = bytes_limit - self._slack
        self._written = self._slack

    def fetch(self, key: str, compute: Callable[[], np.ndarray]) -> np.ndarray:
        """The array of `key`, computed if it is not in the cache."""
        written = 0

        def fresh() -> np.ndarray:
            nonlocal written
            array = compute()
            written = array.nbytes
            return array

        array = self._entry(key, fresh)
        self._trim(written)
        return array

    def _trim(self, written: int) -> None:
        """Reduce the folder to its limit, at first and after each added sixteenth of it, since measuring is slow."""
        self._written += written
        if self._memory.store_backend is not None and self._written >= self._slack:
            self._memory.reduce_size(bytes_limit=self._kept)
            self._written = 0


def _entry(key: str, compute: Callable[[], np.ndarray]) -> np.ndarray:
    return compute()
