"""What happens in a run: data -> model -> training -> records -> result."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from engine.attacks.catalog import training_attack
from engine.attacks.perturb import perturb_members
from engine.data.sources import Dataset, load_dataset
from engine.data.subsets import stratified_ids
from engine.devices import resolve_device
from engine.models.architectures import build_model
from engine.models.stack import Stack
from engine.robustness.probe import probed_accuracy
from engine.runs.config import ADVERSARIAL_STEPS, RunConfig
from engine.runs.environment import enter_session
from engine.runs.records import Recorder
from engine.runs.result import measure_clean_accuracy, write_result
from engine.runs.run_files import save_model
from engine.runs.store import RunStore
from engine.training.checkpoint import Checkpoint, load_checkpoint, restore, save_checkpoint
from engine.training.checkpoint_file import remove_checkpoints
from engine.training.loop import Perturb, Probe, train
from engine.training.schedule import steps_per_epoch
from engine.training.state import TrainingState, initial_state

CHECKPOINT_INTERVAL = 1.0
"""Seconds between checkpoints; what a crash can cost, and how often progress is told."""


@dataclass(frozen=True)
class Progress:
    """How far a job is, in [0, 1], and what it is doing."""

    fraction: float
    message: str


def checkpoint_position(folder: Path) -> tuple[int, int]:
    """Step and snapshots of a run's checkpoint, (0, 0) without one: runs can share a stack only where these agree."""
    checkpoint = load_checkpoint(folder)
    return (checkpoint.position.step, checkpoint.position.snapshots) if checkpoint else (0, 0)


def train_runs(
    store: RunStore,
    run_ids: Sequence[str],
    data_dir: Path,
    device: str,
    interrupted: Callable[[], bool] = lambda: False,
) -> Generator[Progress, None, None]:
    """Train runs as one stack, from their checkpoints if they have any, recording each in its own directory.

    Every `CHECKPOINT_INTERVAL` seconds the loop is left, the state saved and the loop entered again, which changes
    no bit. Ends early, everything saved, when `interrupted` says so; a run is complete when it has a result.

    Raises:
        InputError: the data cannot be read, or differ from those the run began with, or its device is not there.
    """
    run_ids = [run_id for run_id in run_ids if store.result(run_id) is None]
    if not run_ids:
        return
    configs = [store.training_config(run_id) for run_id in run_ids]
    folders = [store.folder(run_id) for run_id in run_ids]
    training = configs[0].training
    if configs[0].device != "auto":
        device = resolve_device(configs[0].device)
    dataset = load_dataset(configs[0].dataset, data_dir)
    exact = [enter_session(folder, dataset, device) for folder in folders]
    state = _build_state(configs, [load_checkpoint(folder) for folder in folders], device)
    sizes = {layer: state.stack.conv_weights(layer)[0].numel() for layer in state.stack.conv_layers}
    recorders = [Recorder(folder, sizes, keep=state.snapshots) for folder in folders]
    total = training.epochs * steps_per_epoch(len(dataset.train_labels), training.batch_size)
    perturb, probe = _build_perturb(configs[0]), build_probe(configs[0], dataset, device)
    begun, due, stopped = 0, 0.0, False

    def leave() -> bool:
        nonlocal stopped
        if state.step > begun and time.monotonic() > due:
            return True
        stopped = interrupted()
        return stopped

    try:
        while state.step < total and state.active and not stopped:
            begun, due = state.step, time.monotonic() + CHECKPOINT_INTERVAL
            for snapshot in train(
                state,
                dataset,
                [config.objective for config in configs],
                training,
                [config.seed for config in configs],
                perturb=perturb,
                probe=probe,
                probe_every=configs[0].probe_interval,
                interrupted=leave,
            ):
                recorders[snapshot.member].append(snapshot)
            for member in state.active if state.step > begun else ():
                recorders[member].sync()
                save_checkpoint(folders[member], state, member)
            epoch = state.step / total * training.epochs
            yield Progress(state.step / total, f"epoch {epoch:.1f} of {training.epochs}")
    finally:
        for recorder in recorders:
            recorder.close()
    for member, divergence in state.diverged.items():
        ending = {"status": "failed", "error": str(divergence)}
        write_result(folders[member], ending, state.step, state.seconds)
    for member in state.active if state.step == total else ():
        weights = {name: value[member].detach().cpu().numpy() for name, value in state.stack.weights.items()}
        save_model(folders[member], weights, configs[member])
        accuracy = measure_clean_accuracy(state.stack.select([member]), dataset)
        ending = {"status": "finished", **accuracy, "bit_exact": exact[member]}
        write_result(folders[member], ending, state.step, state.seconds)
        remove_checkpoints(folders[member])


def _build_state(configs: Sequence[RunConfig], checkpoints: list[Checkpoint | None], device: str) -> TrainingState:
    spec = configs[0].dataset_spec
    members = [
        build_model(config.architecture, config.seed, spec.shape, len(spec.classes), spec.mean, spec.std)
        for config in configs
    ]
    training = configs[0].training
    state = initial_state(Stack.of(members).to(device), training.optimizer, training.learning_rate)
    whole = [checkpoint for checkpoint in checkpoints if checkpoint is not None]
    if len(whole) == len(configs):
        restore(state, whole)
    return state


def _build_perturb(config: RunConfig) -> Perturb | None:
    if not config.adversarial_training:
        return None
    threat, std = config.threat, config.dataset_spec.std
    attack = training_attack(ADVERSARIAL_STEPS, threat.norm)
    return lambda stack, images, labels, seeds: perturb_members(stack, images, labels, attack, threat, std, seeds)[0]


def build_probe(config: RunConfig, dataset: Dataset, device: str) -> Probe | None:
    """The light probe that the config asks for, on fixed test images; None where it asks for none."""
    if not config.probe.samples:
        return None
    ids = stratified_ids(dataset.test_labels, config.probe.samples)
    images = (torch.from_numpy(dataset.test_images[ids]).float() / 255.0).to(device)
    labels = torch.from_numpy(dataset.test_labels[ids]).to(device)
    threat, std = config.threat, dataset.spec.std
    attack = training_attack(config.probe.steps, threat.norm)
    return lambda stack: probed_accuracy(stack, images, labels, attack, threat, std, seed=0)
