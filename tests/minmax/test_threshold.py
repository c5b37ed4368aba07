"""Thresholds of filters built by hand, against the output of the network's first layer near them."""

import numpy as np
import pytest
import torch

from engine.data.catalog import dataset_spec
from engine.minmax.threshold import pixel_thresholds
from engine.models.architectures import build_model

MEAN, STD = (0.1307,), (0.3081,)


def kernel(weight: float, others: float = 0.0) -> np.ndarray:
    """(1, 1, 5, 5): the dominant weight is off the center; the other weights alternate in sign."""
    values = others * (-1.0) ** np.arange(25)
    values[7] = weight
    return values.reshape(1, 1, 5, 5)


@pytest.mark.parametrize(
    ("weight", "bias", "pixel", "protects", "epsilon"),
    [
        (9.0, 0.09, 0.1307 - 0.3081 * 0.01, "black", 0.1307 - 0.3081 * 0.01),
        (2.0, -1.0, 0.1307 + 0.3081 * 0.5, "black", 0.1307 + 0.3081 * 0.5),
        (-2.0, 4.0, 0.1307 + 0.3081 * 2.0, "white", 1 - 0.1307 - 0.3081 * 2.0),
    ],
)
def test_closed_form_of_a_single_weight(weight, bias, pixel, protects, epsilon):
    (found,) = pixel_thresholds(kernel(weight), np.array([bias]), MEAN, STD)
    assert (found.filter, found.channel, found.weight, found.protects) == (0, 0, weight, protects)
    assert found.pixel == found.low == found.high == pytest.approx(pixel)
    assert found.epsilon == pytest.approx(epsilon) and found.error == 0.0


@pytest.mark.parametrize(
    ("weights", "bias"),
    [
        (kernel(1.0, 0.005), 0.5),  # below 0: it fires on black
        (kernel(1.0, 0.005), -5.0),  # above 1: it never fires
        (kernel(1.0, 0.0047), 0.0),  # 24 others make up more than a tenth
        (np.zeros((1, 1, 5, 5)), 0.1),
    ],
)
def test_what_is_no_threshold(weights, bias):
    assert pixel_thresholds(weights, np.array([bias]), MEAN, STD) == []


def test_ninety_percent_are_enough_and_filters_keep_their_number():
    weights = np.concatenate([kernel(0.5, 0.5), kernel(1.0, 0.0046)])
    assert [found.filter for found in pixel_thresholds(weights, np.zeros(2), MEAN, STD)] == [1]


def test_a_channel_has_its_own_mean_and_std():
    weights = np.zeros((1, 3, 3, 3))
    weights[0, 2, 0, 1] = 4.0
    (found,) = pixel_thresholds(weights, np.array([-1.0]), (0.1, 0.2, 0.3), (0.2, 0.3, 0.4))
    assert found.channel == 2 and found.pixel == pytest.approx(0.3 + 0.4 * 0.25)


@pytest.mark.parametrize(("weight", "bias"), [(6.0, 0.1), (-1.5, 2.5)])
def test_the_network_fires_beyond_the_threshold_and_only_there(weight, bias):
    """Constant images just outside the interval, and images within it with noise in all other pixels."""
    spec = dataset_spec("mnist")
    network = build_model("lenet", 0, spec.shape, 10, spec.mean, spec.std).double()
    weights = kernel(weight, abs(weight) / 260)
    (found,) = pixel_thresholds(weights, np.array([bias]), spec.mean, spec.std)
    assert 0.0 < found.error < 0.1 and 0.0 < found.low < found.pixel < found.high < 1.0
    with torch.no_grad():
        network.conv1.weight[:1], network.conv1.bias[0] = torch.from_numpy(weights), bias

        def fires(images: np.ndarray) -> torch.Tensor:
            maps = network.conv1(network.normalize(torch.from_numpy(images)))
            return torch.relu(maps)[:, 0, 2:-2, 2:-2] > 0  # where the kernel meets no padding

        silent, firing = (found.low, found.high) if weight > 0 else (found.high, found.low)
        for value, expected in ((silent, False), (firing, True)):
            nudge = (1e-9 if expected else -1e-9) * np.sign(weight)
            constant = np.full((1, 1, 28, 28), value + nudge)
            assert (fires(constant) == expected).all()
            noise = np.random.default_rng(0).integers(0, 2, (200, 1, 28, 28)).astype(float)
            noise[:, 0, 10, 10] = value + nudge
            seen = fires(noise)[:, 10 - 1, 10 - 2]  # the kernel's place 7 is row 1, column 2
            assert (seen == expected).all()


def test_the_interval_is_tight():
    """Some setting of the other pixels moves the threshold to each end."""
    weights = kernel(2.0, 0.008)
    (found,) = pixel_thresholds(weights, np.array([-0.2]), MEAN, STD)
    for end, others in ((found.low, weights > 0), (found.high, weights < 0)):
        pixels = others.astype(float)
        pixels.flat[7] = end
        assert (weights * (pixels - MEAN[0]) / STD[0]).sum() - 0.2 == pytest.approx(0.0, abs=1e-12)
