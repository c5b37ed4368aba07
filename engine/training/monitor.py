"""Measurements of a stack while it trains."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch

from engine.data.sources import Dataset
from engine.data.subsets import stratified_ids
from engine.models.stack import Stack
from engine.training.schedule import MONITORED
from engine.training.snapshot import Snapshot
from engine.training.stack_penalty import StackPenalty
from engine.training.state import TrainingState

Probe = Callable[[Stack], np.ndarray]
"""Stack -> robust accuracy of each member, (K,); NaN where it is unknown."""


@dataclass(frozen=True)
class Measurement:
    """Measurements of all members at one snapshot: penalties and accuracies, (K,) each; weights: layer -> (K, n)."""

    penalties: np.ndarray
    clean_accuracies: np.ndarray
    robust_accuracies: np.ndarray | None
    weights: dict[str, np.ndarray]


class Monitor:
    """Measures a stack without changing it, drawing random numbers or leaving gradients."""

    def __init__(self, dataset: Dataset, device: torch.device, probe: Probe | None, probe_every: int) -> None:
        ids = stratified_ids(dataset.test_labels, MONITORED)
        self.images = (torch.from_numpy(dataset.test_images[ids]).float() / 255.0).to(device)
        self.labels = torch.from_numpy(dataset.test_labels[ids]).to(device)
        self.probe, self.probe_every = probe, probe_every

    def measure(self, state: TrainingState, penalty: StackPenalty, is_last: bool) -> Measurement:
        """Measure all members; the probe runs at every `probe_every`-th snapshot and at the last."""
        stack = state.stack
        with torch.no_grad():
            hits = (stack.logits(self.images).argmax(-1) == self.labels).double().mean(1).cpu().numpy()
            penalties = penalty.penalty().cpu().numpy()
        is_probed = state.snapshots % self.probe_every == 0 or is_last
        robust = self.probe(stack) if self.probe is not None and is_probed else None
        weights = {layer: stack.conv_weights(layer).detach().flatten(1).cpu().numpy() for layer in stack.conv_layers}
        return Measurement(penalties, hits, robust, weights)


def snapshots(state: TrainingState, found: Measurement, epoch: float) -> list[Snapshot]:
    """One snapshot per active member, from its measurements and its losses since the last snapshot."""
    losses, robust = state.mean_losses, found.robust_accuracies
    return [
        Snapshot(
            member=member,
            index=state.snapshots,
            step=state.step,
            epoch=epoch,
            loss=None if losses is None else float(losses[member]),
            penalty=float(found.penalties[member]),
            clean_accuracy=float(found.clean_accuracies[member]),
            robust_accuracy=None if robust is None or np.isnan(robust[member]) else float(robust[member]),
            seconds=state.seconds,
            conv_weights={layer: values[member].copy() for layer, values in found.weights.items()},
        )
        for member in state.active
    ]
