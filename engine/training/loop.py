"""Training: one loop for all variants, for one model or a stack of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from engine.data.sources import Dataset
from engine.data.subsets import stratified_ids
from engine.minmax.objective import ObjectiveConfig, penalty
from engine.models.stack import Stack
from engine.seeds import derive_seed
from engine.training.schedule import MONITORED, TrainingConfig, is_snapshot_due, steps_per_epoch
from engine.training.snapshot import Snapshot
from engine.training.state import Divergence, TrainingState

Perturb = Callable[[Stack, Tensor, Tensor, Sequence[int]], Tensor]
Probe = Callable[[Stack], np.ndarray]


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
    """Train a stack from where `state` stands; one Snapshot per member per moment, the one at epoch 0 included.

    Whenever control is with the caller, `state` is between two steps and can be saved; going on from a saved
    state gives, on one CPU with one thread count, the same bits as never having stopped.

    Args:
        objectives, seeds: one per member. A seed fixes the order of the data; members of one seed share batches.
        perturb: (stack, (K*B, C, H, W), (K*B,), seeds) -> adversarial images. When given, every mini-batch is
            followed by an update on its adversarial version.
        probe: robust accuracy of each member, (K,), at every `probe_every`-th snapshot and at the last.
        interrupted: asked before each step; when it says so, the generator ends with `state` ready to save.

    A member whose weights leave (not finite, or a convolutional weight beyond `training.weight_limit`) is
    entered in `state.diverged` and no longer recorded; training ends when no member is left.
    """
    device = next(state.stack.parameters()).device
    loader = _Batches(dataset, training.batch_size, seeds, device)
    objective = _Objective(state.stack, objectives, device)
    monitor = _Monitor(state, dataset, objective, training, device, probe, probe_every, loader.steps)
    total = training.epochs * loader.steps
    monitor.start_clock()
    if state.snapshots == 0:
        yield from monitor.snapshots()
    while state.step < total and state.active and not interrupted():
        epoch, batch = divmod(state.step, loader.steps)
        for group in state.optimizer.param_groups:
            group["lr"] = training.learning_rate_at(epoch)
        images, labels = loader.batch(epoch, batch)
        losses = _update(state, objective, images, labels)
        state.loss_sums += losses
        state.loss_count += 1
        if perturb is not None:
            images, labels = _each_member_its_own(images, labels, state.stack.size)
            attack_seeds = [derive_seed("adversarial-training", seed, epoch, batch) for seed in seeds]
            attacked = perturb(state.stack, images.flatten(0, 1), labels.flatten(), attack_seeds)
            _update(state, objective, attacked.unflatten(0, labels.shape), labels)
        state.step += 1
        _note_divergence(state, losses, training.weight_limit)
        if is_snapshot_due(state.step, loader.steps, training.snapshots_per_epoch):
            yield from monitor.snapshots()
    monitor.stop_clock()


def _update(state: TrainingState, objective: _Objective, images: Tensor, labels: Tensor) -> np.ndarray:
    """One optimizer step of all members; returns each member's cross entropy before it, (K,)."""
    logits = state.stack.logits(images)
    labels = labels.expand(state.stack.size, -1)
    cross_entropy = F.cross_entropy(logits.flatten(0, 1), labels.flatten(), reduction="none")
    losses = cross_entropy.unflatten(0, labels.shape).mean(1)
    state.optimizer.zero_grad(set_to_none=True)
    (losses + objective.penalty()).sum().backward()
    state.optimizer.step()
    return losses.detach().double().cpu().numpy()


def _each_member_its_own(images: Tensor, labels: Tensor, members: int) -> tuple[Tensor, Tensor]:
    if images.dim() == 4:
        images = images.expand(members, *images.shape)
    return images, labels.expand(members, labels.shape[-1])


def _note_divergence(state: TrainingState, losses: np.ndarray, limit: float) -> None:
    """Enter members that left. A glance at losses and convolutions tells whether there is anything to look for."""
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


class _Batches:
    """Mini-batches on the device; the order of an epoch is a function of (seed, epoch) alone."""

    def __init__(self, dataset: Dataset, batch_size: int, seeds: Sequence[int], device: torch.device) -> None:
        self.images = torch.from_numpy(dataset.train_images).to(device)
        self.labels = torch.from_numpy(dataset.train_labels).to(device)
        self.batch_size, self.device = batch_size, device
        self.seeds = seeds[:1] if len(set(seeds)) == 1 else seeds
        self.steps = steps_per_epoch(len(self.labels), batch_size)
        self.epoch, self.orders = -1, torch.empty(0)

    def batch(self, epoch: int, batch: int) -> tuple[Tensor, Tensor]:
        """Pixels in [0, 1] and labels, (B, C, H, W) and (B,) when all seeds are equal, else with K in front."""
        if epoch != self.epoch:
            self.epoch, self.orders = epoch, torch.stack([self._order(seed, epoch) for seed in self.seeds])
        index = self.orders[:, batch * self.batch_size : (batch + 1) * self.batch_size]
        index = index[0] if len(self.seeds) == 1 else index
        return self.images[index].float() / 255.0, self.labels[index]

    def _order(self, seed: int, epoch: int) -> Tensor:
        generator = torch.Generator().manual_seed(derive_seed("order", seed, epoch))
        return torch.randperm(len(self.labels), generator=generator).to(self.device)


class _Objective:
    """The members' penalties as one tensor expression."""

    def __init__(self, stack: Stack, objectives: Sequence[ObjectiveConfig], device: torch.device) -> None:
        def column(values: list[float]) -> Tensor:
            return torch.tensor(values, device=device)

        self.terms = []
        for position, layer in enumerate(stack.conv_layers):
            covered = [objective.scope == "all" or position == 0 for objective in objectives]
            strengths = [(o.l1_strength * c, o.l2_strength * c) for o, c in zip(objectives, covered, strict=True)]
            if any(l1 or l2 for l1, l2 in strengths):
                l1, l2 = zip(*strengths, strict=True)
                self.terms.append((stack.conv_weights(layer), column(list(l1)), column(list(l2))))
        self.none = torch.zeros(stack.size, device=device)

    def penalty(self) -> Tensor:
        """Shape (K,)."""
        return sum((penalty(*term) for term in self.terms), self.none)


class _Monitor:
    """Looks at the stack without touching it: nothing here draws random numbers or leaves gradients."""

    def __init__(
        self,
        state: TrainingState,
        dataset: Dataset,
        objective: _Objective,
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
