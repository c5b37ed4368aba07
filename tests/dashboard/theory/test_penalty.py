"""The penalty on one weight, in words."""

import numpy as np
import pytest

from dashboard.theory.penalty import LARGEST_START, force_words, fuzziness_words
from engine.data.catalog import dataset_spec
from engine.minmax.objective import ObjectiveConfig
from engine.models.architectures import build_model


def test_the_start_is_that_of_the_network():

    spec = dataset_spec("mnist")
    weights = build_model("lenet", 0, spec.shape, 10, spec.mean, spec.std).conv1.weight.detach().numpy()
    assert 0.95 * LARGEST_START < np.abs(weights).max() <= LARGEST_START
    words = fuzziness_words(LARGEST_START)
    assert "0.451 nats" in words and "0.693" in words and "beyond |w| = 5" in words


@pytest.mark.parametrize(
    ("l1", "l2", "words"),
    [
        (0.1, -0.1, "all are pulled to 0 at first"),
        (0.1, -0.5, "the largest are pushed outward at first"),
        (0.1, 0.0, "every weight is pulled to 0"),
        (0.0, -0.1, "every weight is pushed outward"),
        (0.0, 0.0, "no penalty"),
    ],
)
def test_force_in_words(l1, l2, words):
    assert words in force_words(ObjectiveConfig(l1_strength=l1, l2_strength=l2))
