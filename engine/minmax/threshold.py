"""Filters of the first convolution that act as a threshold on one pixel, as Min-Max produces them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

DOMINANT_SHARE = 0.9


@dataclass(frozen=True)
class PixelThreshold:
    """A filter whose ReLU is active only if one pixel is above `pixel` (weight > 0) or below it (weight < 0).

    channel: channel of the pixel; weight: the dominant weight; pixel: the threshold, in (0, 1).
    low, high: range of the threshold over all values of the other pixels; may exceed [0, 1].
    """

    filter: int
    channel: int
    weight: float
    pixel: float
    low: float
    high: float

    @property
    def protects(self) -> Literal["black", "white"]:
        """Background on which the filter is inactive."""
        return "black" if self.weight > 0 else "white"

    @property
    def epsilon(self) -> float:
        """Largest perturbation of that background, in pixels, that leaves the filter inactive."""
        return self.pixel if self.weight > 0 else 1.0 - self.pixel

    @property
    def error(self) -> float:
        """Largest error of `pixel` and `epsilon`, in pixels, from neglecting the other weights."""
        return max(self.high - self.pixel, self.pixel - self.low)


def pixel_thresholds(
    weights: np.ndarray, biases: np.ndarray, mean: Sequence[float], std: Sequence[float]
) -> list[PixelThreshold]:
    """Filters whose largest |w| is at least 90 % of their L1 norm, and their thresholds.

        b + w (p - mean) / std + s = 0   =>   p(s) = mean - std (b + s) / w,   pixel = p(0)

    The part of the other weights, s = sum w_j (p_j - mean) / std, is neglected: it is 0 if their pixels are the data
    set's mean. [low, high] is the range of p(s) over all their pixels in [0, 1], and over padding, which equals a pixel
    at the mean. Their share of the L1 norm is r <= 10 %, so the error of `pixel` is at most
    max(mean, 1 - mean) r / (1 - r) for one channel.

    This holds for one filter. The network ignores perturbations below the threshold only if all its relevant filters
    do. With three channels, the dominant weight reads one channel, and only this channel is protected.

    Args:
        weights: (filters, C, height, width); biases: (filters,); both finite.
        mean, std: normalization of pixels in [0, 1], per channel.

    Returns:
        Filters with a threshold inside (0, 1), in their order.
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
