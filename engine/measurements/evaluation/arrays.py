"""Arrays of an evaluation: what was attacked, and what became of each image. No torch."""

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from engine.array_files import read_arrays
from engine.documents import damaged

ARRAYS_REMEDY = "Restore it from a copy, or delete this file and evaluate the run again."

_KINDS = {
    "adversarial_images": ("f", 4),
    "probabilities": ("f", 2),
    **dict.fromkeys(("predictions", "labels", "sample_ids"), ("iu", 1)),
    **dict.fromkeys(("is_valid", "is_adversarial", "is_within"), ("b", 1)),
    **dict.fromkeys(("linf", "l2"), ("f", 1)),
}
"""Name of an array -> kinds of its numbers, and number of its dimensions; the first is that of the images."""


def read_evaluated(path: Path, is_wanted: Callable[[str], bool] = lambda name: True) -> dict[str, np.ndarray]:
    """Arrays in an evaluation's file whose names are wanted (default all), of the expected types and lengths.

    Raises:
        FileNotFoundError: the file does not exist.
        DamagedFile: it cannot be read, is not what was written, or has arrays of other types or shapes.
    """
    arrays = read_arrays(path, is_wanted, ARRAYS_REMEDY)
    try:
        _check(arrays)
    except ValueError as error:
        raise damaged(path, str(error), ARRAYS_REMEDY) from error
    return arrays


def _check(arrays: Mapping[str, np.ndarray]) -> None:
    for name, values in arrays.items():
        if name not in _KINDS:
            raise ValueError(f"the unknown array {name}")
        kinds, dimensions = _KINDS[name]
        if values.dtype.kind not in kinds or values.ndim != dimensions:
            raise ValueError(f"{name} of type {values.dtype} and shape {values.shape}")
    lengths = {len(values) for name, values in arrays.items() if name != "adversarial_images"}
    if len(lengths) > 1 or any(len(arrays.get("adversarial_images", ())) > length for length in lengths):
        raise ValueError(f"arrays of {sorted(lengths)} images")
