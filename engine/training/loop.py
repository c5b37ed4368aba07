"""The training loop of all variants, for one model or a stack of models."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import torch.nn.functional as F
from torch import Tensor

from engine.data.sources import Dataset
from engine.minmax.objective import ObjectiveConfig
from engine.models.stack import Stack
from engine.seeds import derive_seed
from engine.training.batches import Batches
from engine.training.monitor import Monitor, Probe, snapshots
from engine.training.schedule import TrainingConfig, is_snapshot_due
from engine.training.snapshot import Snapshot
from engine.training.stack_penalty import StackPenalty
from engine.training.state import Divergence, TrainingState

Perturb = Callable[[Stack, Tensor, Tensor, Sequence[int]], Tensor]
"""Function of a stack, images (K*B, C, H, W), labels (K*B,) and seeds of the members -> adversarial images."""


def train(
    state: TrainingState,
    dataset: Dataset,
    objectives: Sequence[ObjectiveConfig],
    training: TrainingConfig,
    seeds: Sequence[int],
    *,
    perturb: Perturb | None = None,
    probe: Probe | None = None,
    probe_every: int = 1,
    interrupted: Callable[[], bool] = lambda: False,
) -> Iterator[Snapshot]:
    """Train a stack from `state` on; yields one Snapshot per member at each snapshot, including epoch 0.

    At each yield, `state` is between two steps and can be saved. Training resumed from a saved state gives the same
    bits as uninterrupted training, on one CPU with one thread count. A member diverges when a weight is not finite or a
    convolutional weight exceeds `training.weight_limit`; it is added to `state.diverged` and no longer recorded.
    Training ends when all members have diverged.

    Args:
        objectives, seeds: one per member. A seed fixes the order of the data; members with equal seeds share batches.
        perturb: makes adversarial images; if given, an update on these follows the update on each mini-batch.
        probe: measures robust accuracy at every `probe_every`-th snapshot and at the last.
        interrupted: called before each step; if it returns True, the generator ends with `state` ready to save.
    """
    device = next(state.stack.parameters()).device
    batches = Batches(dataset, training.batch_size, seeds, device)
    penalty = StackPenalty(state.stack, objectives, device)
    monitor = Monitor(dataset, device, probe, probe_every)
    total, started = training.epochs * batches.steps, time.perf_counter() - state.seconds

    def look() -> list[Snapshot]:
        found = monitor.measure(state, penalty, is_last=state.step == total)
        state.seconds = time.perf_counter() - started
        taken = snapshots(state, found, epoch=state.step / batches.steps)
        state.end_interval()
        return taken

    if state.snapshots == 0:
        yield from look()
    while state.step < total and state.active and not interrupted():
        losses = _step(state, batches, penalty, training, perturb, seeds)
        _note_divergence(state, losses, training.weight_limit)
        if is_snapshot_due(state.step, batches.steps, training.snapshots_per_epoch):
            yield from look()
    state.seconds = time.perf_counter() - started


def _step(
    state: TrainingState,
    batches: Batches,
    penalty: StackPenalty,
    training: TrainingConfig,
    perturb: Perturb | None,
    seeds: Sequence[int],
) -> np.ndarray:
    """Update on the next mini-batch and, with `perturb`, on its adversarial version; returns the losses, (K,)."""
    epoch, batch = divmod(state.step, batches.steps)
    for group in state.optimizer.param_groups:
        group["lr"] = training.learning_rate_at(epoch)
    images, labels = batches.batch(epoch, batch)
    losses = _update(state, penalty, images, labels)
    state.add_losses(losses)
    if perturb is not None:
        images, labels = _each_member_its_own(images, labels, state.stack.size)
        attack_seeds = [derive_seed("adversarial-training", seed, epoch, batch) for seed in seeds]
        attacked = perturb(state.stack, images.flatten(0, 1), labels.flatten(), attack_seeds)
        _update(state, penalty, attacked.unflatten(0, labels.shape), labels)
    state.step += 1
    return losses


def _update(state: TrainingState, penalty: StackPenalty, images: Tensor, labels: Tensor) -> np.ndarray:
    """One optimizer step of all members; returns each member's cross entropy before the step, (K,)."""
    logits = state.stack.logits(images)
    labels = labels.expand(state.stack.size, -1)
    cross_entropy = F.cross_entropy(logits.flatten(0, 1), labels.flatten(), reduction="none")
    losses = cross_entropy.unflatten(0, labels.shape).mean(1)
    state.optimizer.zero_grad(set_to_none=True)
    (losses + penalty.penalty()).sum().backward()
    state.optimizer.step()
    return losses.detach().double().cpu().numpy()


def _each_member_its_own(images: Tensor, labels: Tensor, members: int) -> tuple[Tensor, Tensor]:
    if images.dim() == 4:
        images = images.expand(members, *images.shape)
    return images, labels.expand(members, labels.shape[-1])


def _note_divergence(state: TrainingState, losses: np.ndarray, limit: float) -> None:
    """Record members that diverged. All weights are checked only if a loss or a convolution exceeds its limit."""
    conv = {f"{layer}.weight": state.stack.conv_weights(layer).detach() for layer in state.stack.conv_layers}
    if np.isfinite(losses).all() and all(bool(weights.abs().amax() <= limit) for weights in conv.values()):
        return
    for name, parameter in state.stack.weights.items():
        size = parameter.detach().abs().flatten(1).nan_to_num(nan=float("inf"))
        largest, index = size.max(1)
        left = (largest > limit) if name in conv else largest.isinf()
        for member in left.nonzero().flatten().tolist():
            value = float(parameter[member].detach().flatten()[index[member]])
            state.diverged.setdefault(member, Divergence(state.step, name, int(index[member]), value))
