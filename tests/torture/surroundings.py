"""What pytest's session gives to tests, for the campaign without pytest."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import torch

from engine.data.catalog import DatasetSpec
from tests.listed import count_few_images_as_listed

ROOT = Path(__file__).parents[2]


@contextmanager
def surroundings() -> Iterator[None]:
    """One thread, and the few images counted as listed, here and in the programs that are started."""
    torch.set_num_threads(1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DatasetSpec, "is_listed", DatasetSpec.is_listed)
        patch.setenv("PYTHONPATH", os.pathsep.join(map(str, (ROOT / "tests" / "startup", ROOT))))
        count_few_images_as_listed()
        yield
