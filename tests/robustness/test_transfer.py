"""Numbers of a transfer, against numbers counted by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from engine.attacks.catalog import ATTACKS
from engine.attacks.threat import ThreatModel
from engine.robustness.statistics import wilson_interval
from engine.robustness.transfer import Transfer


def transfer(labels, source_clean, source_adversarial, target_clean, target_adversarial, **changes) -> Transfer:
    values = {
        "source": "a", "target": "b", "attack": ATTACKS["pgd"], "threat": ThreatModel(), "pixel_epsilon": (0.0924,),
        "seed": 0, "source_weights": "x", "target_weights": "y", "labels": tuple(labels),
        "source_clean": tuple(source_clean), "source_adversarial": tuple(source_adversarial),
        "target_clean": tuple(target_clean), "target_adversarial": tuple(target_adversarial),
    }  # fmt: skip
    return Transfer(**(values | changes))


def test_counts_by_hand():
    one = transfer(
        labels=[0, 1, 2, 3, 4, 5, 6, 7],
        source_clean=[0, 1, 2, 3, 4, 5, 6, 0],  # the last is wrong anyway: not perturbed
        source_adversarial=[9, 9, 9, 9, 4, 5, 6, 0],  # the first four fool the source
        target_clean=[0, 9, 2, 3, 4, 9, 6, 9],
        target_adversarial=[8, 8, 2, 3, 8, 9, 6, 9],  # of these four, two fool the target too
    )
    found = one.figures()
    np.testing.assert_array_equal(np.flatnonzero(one.is_fooling), [0, 1, 2, 3])
    np.testing.assert_array_equal(np.flatnonzero(one.is_wrong), [0, 1, 4, 5, 7])
    assert (found.n, found.accuracy, found.clean_accuracy) == (8, 3 / 8, 5 / 8)
    assert (found.n_fooling, found.n_transferred, found.n_wrong_clean) == (4, 2, 1)
    assert found.rate == 0.5 and (found.low, found.high) == wilson_interval(2, 4)


def test_without_images_that_fool_there_is_no_rate():
    found = transfer([1, 2], [1, 0], [1, 0], [0, 2], [0, 2]).figures()
    assert (found.accuracy, found.n_fooling) == (0.5, 0) and found.rate is found.low is found.high is None


answers = st.lists(st.integers(0, 3), min_size=1, max_size=30)


@given(st.data(), answers)
def test_a_networks_own_images_transfer_to_it_always(data, labels):
    clean, after = (data.draw(st.lists(st.integers(0, 3), min_size=len(labels), max_size=len(labels))) for _ in "ab")
    own = transfer(labels, clean, after, clean, after, target="a")
    found = own.figures()
    assert own.is_white_box and found.rate in (None, 1.0) and found.n_wrong_clean == 0
    assert found.accuracy <= 1 - found.n_fooling / found.n


@pytest.mark.parametrize("lengths", [(0, 0, 0, 0, 0), (2, 2, 2, 2, 1), (1, 2, 2, 2, 2)])
def test_predictions_without_a_label_are_refused(lengths):
    with pytest.raises(ValidationError, match="as many predictions as labels"):
        transfer(*([0] * length for length in lengths))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "pgd images at ε = 0.3 normalized (0.0924 in pixels), n = 1"),
        ({"pixel_epsilon": (0.02, 0.01), "seed": 4},
         "pgd images at ε = 0.3 normalized (0.0100 to 0.0200 in pixels), n = 1, seed 4"),
        ({"threat": ThreatModel(unit="pixel")}, "pgd images at ε = 0.3 pixel, n = 1"),
        ({"attack": ATTACKS["fab"]}, "fab images of any size, n = 1"),
    ],
)  # fmt: skip
def test_words_say_how_the_images_were_made(changes, words):
    assert transfer([0], [0], [0], [0], [0], **changes).words == words
