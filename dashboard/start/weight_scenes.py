"""Second and third scene: two networks while they learn, and how many weights are near zero in the end."""

import numpy as np

from dashboard.frames.histories import epoch_names
from dashboard.frames.tables import thin
from dashboard.start.pictures import packed
from dashboard.start.recorded_pair import Network, Weights
from engine.minmax.fuzziness import NEAR_ZERO_THRESHOLD

MOST_FRAMES = 60
THRESHOLDS = (0.001, 0.002, 0.005, NEAR_ZERO_THRESHOLD, 0.02, 0.05, 0.1, 0.2, 0.5)
"""Choices of the third scene."""

Films = list[tuple[Network, Weights]]


def training_scene(films: Films, layer_title: str) -> dict | None:
    """Data of the scene: weights, fuzziness and near-zero count at the epochs that all runs have recorded."""
    epochs = np.round(films[0][1].epochs, 6)
    for _, weights in films[1:]:
        epochs = np.intersect1d(epochs, np.round(weights.epochs, 6))
    if not len(epochs):
        return None
    epochs = epochs[thin(len(epochs), MOST_FRAMES)]
    count, layer = films[0][1].values.shape[1], layer_title.lower()
    return {
        "kind": "training",
        "title": "Two networks learn",
        "lead": (
            f"Each point is one of the {count} weights of the {layer}. The small images above them are the same "
            "weights as filters. The penalty of Min-Max pulls small weights to zero and pushes large ones away, so its "
            "fuzziness falls. Play the training."
        ),
        "epochs": epoch_names(epochs),
        "near": NEAR_ZERO_THRESHOLD,
        "reach": max(float(np.abs(weights.values[_places(weights, epochs)]).max()) for _, weights in films),
        "networks": [_film(network, weights, epochs) for network, weights in films],
        "note": (
            "Horizontal axis and colors grow with asinh(w / 0.02), so that weights near zero and large ones are both "
            "visible: blue is negative, red is positive. Heights of the points have no meaning."
        ),
    }


def _film(network: Network, weights: Weights, epochs: np.ndarray) -> dict:
    places, (filters, _, height, width) = _places(weights, epochs), weights.kernel
    return {
        "name": network.name,
        "color": network.color,
        "weights": packed(weights.values[places]),
        "count": weights.values.shape[1],
        "filters": filters,
        "kernel": [height, width],
        "fuzziness": [f"{value:.4f}" for value in weights.fuzziness[places]],
        "nearZero": [int(value) for value in weights.near_zero[places]],
    }


def _places(weights: Weights, epochs: np.ndarray) -> np.ndarray:
    return np.searchsorted(np.round(weights.epochs, 6), epochs)


def collapse_scene(films: Films, layer_title: str) -> dict:
    """Data of the scene: the final weights, from which the browser counts those below a threshold."""
    (std, first), (minmax, last) = films
    near, count = int(last.near_zero[-1]), last.values.shape[1]
    return {
        "kind": "collapse",
        "title": f"{near} of {count} weights are near zero",
        "lead": (
            f"After training, {near} of the {count} weights of {minmax.name}'s {layer_title.lower()} have an absolute "
            f"value below {NEAR_ZERO_THRESHOLD:g}. In {std.name} it is {int(first.near_zero[-1])}. Move the threshold "
            "to see how far the other weights are from zero."
        ),
        "thresholds": list(THRESHOLDS),
        "start": THRESHOLDS.index(NEAR_ZERO_THRESHOLD),
        "networks": [
            {
                "name": network.name,
                "color": network.color,
                "weights": packed(weights.values[-1]),
                "filters": weights.kernel[0],
                "largest": f"{np.abs(weights.values[-1]).max():.3g}",
            }
            for network, weights in films
        ],
        "note": "Each square is one weight, and each block is one filter. Squares near zero are empty.",
    }
