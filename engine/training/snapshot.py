"""Snapshot: the recorded state of a run at one moment, in numpy."""

from dataclasses import dataclass, field

import numpy as np

from engine.checksum import checksum
from engine.minmax.quantities import measure_layers


@dataclass(frozen=True)
class Snapshot:
    """State of one member at one moment.

    loss: mean cross entropy of the clean training batches since the last snapshot; None before training.
    penalty: sum of strength x penalty over the layers of the scope, at this moment.
    clean_accuracy: on the fixed test images used for monitoring.
    robust_accuracy: of the robustness probe; None if the probe did not run.
    conv_weights: layer -> (n,) float32 in index order.
    seconds: time of training and monitoring so far, over all sessions of the run.
    """

    member: int
    index: int
    step: int
    epoch: float
    loss: float | None
    penalty: float
    clean_accuracy: float
    robust_accuracy: float | None
    seconds: float
    conv_weights: dict[str, np.ndarray] = field(repr=False)

    def row(self, layer: str) -> bytes:
        """The weights of a layer as the records store them."""
        return self.conv_weights[layer].astype("<f4").tobytes()

    def metrics(self) -> dict[str, object]:
        """The record with quantities and checksums of the weights instead of the weights; all values fit JSON."""
        return {
            "snapshot": self.index,
            "step": self.step,
            "epoch": self.epoch,
            "loss": self.loss,
            "penalty": self.penalty,
            "clean_accuracy": self.clean_accuracy,
            "robust_accuracy": self.robust_accuracy,
            **measure_layers(self.conv_weights),
            "weights": {layer: len(weights) for layer, weights in self.conv_weights.items()},
            "rows": {layer: checksum(self.row(layer)) for layer in self.conv_weights},
            "seconds": round(self.seconds, 3),
        }
