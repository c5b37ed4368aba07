"""Archives for the tests of this folder."""

from collections.abc import Callable, Mapping, Sequence

import pytest

from engine.paper.setting import SETTINGS
from engine.runs.variants import VARIANTS
from tests.paper.archive import Archive


@pytest.fixture
def archive() -> Archive:
    """Empty, for MNIST."""
    return Archive(SETTINGS["mnist"])


@pytest.fixture
def full_archive() -> Callable[[Sequence[float], Mapping[str, float]], Archive]:
    """(noise by seed, accuracy by variant) -> an archive with every variant for every seed, no two with equal noise."""

    def build(noise: Sequence[float], accuracies: Mapping[str, float]) -> Archive:
        made = Archive(SETTINGS["mnist"])
        for place, variant in enumerate(VARIANTS):
            for seed, shift in enumerate(noise):
                made.add(variant, seed, accuracies[variant] + place * shift)
        return made

    return build
