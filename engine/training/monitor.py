"""What is looked at while a stack trains."""

import time
from collections.abc import Callable

import numpy as np
import torch

from engine.data.sources import Dataset
from engine.data.subsets import stratified_ids
from engine.models.stack import Stack
from engine.training.schedule import MONITORED, TrainingConfig
from engine.training.snapshot import Snapshot
from engine.training.stack_penalty import StackPenalty
from engine.training.state import TrainingState

Probe = Callable[[Stack], np.ndarray]


class Monitor:
    """Looks at the stack without touching it: nothing here draws random numbers or leaves gradients."""

    def __init__(
        self,
        state: TrainingState,
        dataset: Dataset,
        objective: StackPenalty,
        training: TrainingConfig,
        device: torch.device,
        probe: Probe | None,
        probe_every: int,
        steps: int,
    ) -> None:
        ids = stratified_ids(dataset.test_labels, MONITORED)
        self.images = (torch.from_numpy(dataset.test_images[ids]).float() / 255.0).to(device)
        self.labels = torch.from_numpy(dataset.test_labels[ids]).to(device)
        self.state, self.objective, self.probe, self.probe_every = state, objective, probe, probe_every
        self.steps, self.last_step = steps, training.epochs * steps

    def start_clock(self) -> None:
        self.started = time.perf_counter() - self.state.seconds

    def stop_clock(self) -> None:
        self.state.seconds = time.perf_counter() - self.started

    def snapshots(self) -> list[Snapshot]:
        """One per active member; resets the running sums."""
        state = self.state
        with torch.no_grad():
            hits = self._hits()
            penalties = self.objective.penalty().cpu().numpy()
        last = state.step == self.last_step
        probed = state.snapshots % self.probe_every == 0 or last
        robust = self.probe(state.stack) if self.probe is not None and probed else None
        losses = state.loss_sums / state.loss_count if state.loss_count else None
        weights = {
            layer: state.stack.conv_weights(layer).detach().flatten(1).cpu().numpy()
            for layer in state.stack.conv_layers
        }
        self.stop_clock()
        index, state.snapshots = state.snapshots, state.snapshots + 1
        state.loss_sums, state.loss_count = np.zeros(state.stack.size), 0
        return [
            Snapshot(
                member=member,
                index=index,
                step=state.step,
                epoch=state.step / self.steps,
                loss=None if losses is None else float(losses[member]),
                penalty=float(penalties[member]),
                clean_accuracy=float(hits[member]),
                robust_accuracy=None if robust is None or np.isnan(robust[member]) else float(robust[member]),
                seconds=state.seconds,
                conv_weights={layer: values[member].copy() for layer, values in weights.items()},
            )
            for member in state.active
        ]

    def _hits(self) -> np.ndarray:
        logits = self.state.stack.logits(self.images)
        return (logits.argmax(-1) == self.labels).double().mean(1).cpu().numpy()
