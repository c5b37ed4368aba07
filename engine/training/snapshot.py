"""A moment of a run, in numpy: what is recorded, drawn and replayed."""

from dataclasses import dataclass, field

import numpy as np

from engine.minmax.fuzziness import fuzziness, near_zero_count


@dataclass(frozen=True)
class Snapshot:
    """One member at one moment.

    loss: mean cross entropy of the clean training batches since the last snapshot; None before training.
    penalty: lambda ||W||_1 + kappa ||W||_2^2 at this moment.
    clean_accuracy: on the fixed test images that the run is monitored on.
    robust_accuracy: of the light probe, None where it was not taken.
    conv_weights: layer -> (n,) float32 in index order.
    seconds: of training and monitoring so far, over all sessions of the run.
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

    def metrics(self) -> dict[str, object]:
        """The record without the weights, plus what follows from them; all values fit JSON."""
        return {
            "snapshot": self.index,
            "step": self.step,
            "epoch": self.epoch,
            "loss": self.loss,
            "penalty": self.penalty,
            "clean_accuracy": self.clean_accuracy,
            "robust_accuracy": self.robust_accuracy,
            "fuzziness": {layer: float(fuzziness(weights)) for layer, weights in self.conv_weights.items()},
            "near_zero": {layer: int(near_zero_count(weights)) for layer, weights in self.conv_weights.items()},
            "largest_weight": {layer: float(np.abs(weights).max()) for layer, weights in self.conv_weights.items()},
            "weights": {layer: len(weights) for layer, weights in self.conv_weights.items()},
            "seconds": round(self.seconds, 3),
        }
