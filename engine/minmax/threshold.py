"""Filters of the first convolution that are a threshold on one pixel: what Min-Max protects an image by."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

DOMINANT_SHARE = 0.9


@dataclass(frozen=True)
class PixelThreshold:
    """A filter that after its ReLU tells only whether one pixel is above `pixel` (weight > 0) or below (weight < 0).

    channel: that of the pixel; weight: its dominant weight; pixel: the threshold in (0, 1).
    low, high: where the threshold lies whatever its other weights see; may reach beyond [0, 1].
    """

    filter: int
    channel: int
    weight: float
    pixel: float
    low: float
    high: float

    @property
    def protects(self) -> Literal["black", "white"]:
        """The background that the filter does not see."""
        return "black" if self.weight > 0 else "white"

    @property
    def epsilon(self) -> float:
        """How far, in pixels, that background may be perturbed before the filter sees any of it."""
        return self.pixel if self.weight > 0 else 1.0 - self.pixel

    @property
    def error(self) -> float:
        """How far `pixel` and `epsilon` can be off, in pixels, because the other weights are neglected."""
        return max(self.high - self.pixel, self.pixel - self.low)


def pixel_thresholds(
    weights: np.ndarray, biases: np.ndarray, mean: Sequence[float], std: Sequence[float]
) -> list[PixelThreshold]:
    """The filters whose largest |w| makes up at least 90 % of their L1 norm, and where they begin to fire.

        b + w (p - mean) / std + s = 0   =>   p(s) = mean - std (b + s) / w,   pixel = p(0)

    The other weights' part s = sum w_j (p_j - mean) / std is neglected: it is 0 where they see the data set's mean.
    [low, high] is p(s) over all their pixels in [0, 1], and over the padding, which is a pixel at the mean. Together
    they weigh r <= 10 %, so pixel is off by at most max(mean, 1 - mean) r / (1 - r) for one channel.

    Of one filter alone: the network is blind to perturbations below the threshold only where all its filters that
    matter are. Of three channels the dominant weight sees one, and only that one is protected.

    Args:
        weights: (filters, C, height, width); biases: (filters,); both finite.
        mean, std: per channel, what is subtracted from pixels in [0, 1] and what they are divided by.

    Returns:
        Those with a threshold inside (0, 1), in the filters' order.
    """
    kernels, offsets = np.asarray(weights, np.float64), np.asarray(biases, np.float64)
    centers, scales = (np.asarray(values, np.float64).reshape(-1, 1, 1) for values in (mean, std))
    darkest, brightest = -centers / scales, (1.0 - centers) / scales
    found = []
    for index, (kernel, bias) in enumerate(zip(kernels, offsets, strict=True)):
        place = np.unravel_index(np.abs(kernel).argmax(), kernel.shape)
        weight, center, scale = kernel[place], centers[place[0]].item(), scales[place[0]].item()
        if weight == 0.0 or abs(weight) < DOMINANT_SHARE * np.abs(kernel).sum():
            continue
        others = kernel.copy()
        others[place] = 0.0
        least = np.minimum(others * darkest, others * brightest).sum()
        most = np.maximum(others * darkest, others * brightest).sum()
        pixel, *ends = (float(center - scale * (bias + part) / weight) for part in (0.0, least, most))
        if 0.0 < pixel < 1.0:
            found.append(PixelThreshold(index, int(place[0]), float(weight), pixel, min(ends), max(ends)))
    return found
