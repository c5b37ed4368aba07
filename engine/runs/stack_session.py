"""StackSession: runs that train as one stack, with everything that the training loop needs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from engine.attacks.catalog import training_attack
from engine.attacks.perturb import perturb_members
from engine.data.sources import Dataset, load_dataset
from engine.data.subsets import stratified_ids
from engine.devices import resolve_device
from engine.errors import InputError
from engine.models.architectures import build_model
from engine.models.stack import Stack
from engine.robustness.probe import probed_accuracy
from engine.runs.config import ADVERSARIAL_STEPS, RunConfig
from engine.runs.environment import enter_session
from engine.runs.records import Recorder
from engine.runs.resumption import find_resumption
from engine.runs.run_data import check_training_data
from engine.runs.store import RunStore
from engine.training.checkpoint import Checkpoint, as_checkpoint, restore
from engine.training.loop import Perturb, Probe
from engine.training.schedule import steps_per_epoch
from engine.training.state import TrainingState, initial_state


@dataclass(frozen=True)
class StackSession:
    """Runs that train as one stack; lists have one entry per run.

    notes: sentences about runs that go back to an earlier state, because files are damaged.
    bit_exact: whether all sessions of the run had the same environment, so that its result is reproducible to the bit.
    """

    configs: list[RunConfig]
    folders: list[Path]
    bit_exact: list[bool]
    recorders: list[Recorder]
    dataset: Dataset
    state: TrainingState
    perturb: Perturb | None
    probe: Probe | None
    notes: list[str]

    @property
    def config(self) -> RunConfig:
        """Config of the first run, for the settings that all runs share."""
        return self.configs[0]

    @property
    def last_step(self) -> int:
        training = self.config.training
        return training.epochs * steps_per_epoch(len(self.dataset.train_labels), training.batch_size)


def prepare_session(store: RunStore, run_ids: Sequence[str], data_dir: Path, device: str) -> StackSession:
    """Read everything that the runs start or resume from, check that it fits, and record the session for each run.

    Raises:
        InputError: as `train_runs`.
    """
    configs = [store.training_config(run_id) for run_id in run_ids]
    folders = [store.folder(run_id) for run_id in run_ids]
    _check_one_stack(run_ids, configs)
    config = configs[0]
    if config.device != "auto":
        device = resolve_device(config.device)
    dataset = load_dataset(config.dataset, data_dir)
    found = [find_resumption(folder) for folder in folders]
    checkpoints = [as_checkpoint(one.stored) if one.stored else None for one in found]
    _check_one_step(run_ids, checkpoints)
    for folder, one in zip(folders, configs, strict=True):
        check_training_data(folder, one, dataset.contents)
    for run_id, checkpoint in zip(run_ids, checkpoints, strict=True):
        _check_data(run_id, checkpoint, dataset)
    bit_exact = [enter_session(folder, dataset, device) for folder in folders]
    state = _build_state(configs, checkpoints, device)
    sizes = {layer: state.stack.conv_weights(layer)[0].numel() for layer in state.stack.conv_layers}
    recorders = [Recorder(folder, sizes, keep=state.snapshots) for folder in folders]
    probe = build_probe(config, dataset, device)
    notes = [one.note for one in found if one.note]
    return StackSession(configs, folders, bit_exact, recorders, dataset, state, _build_perturb(config), probe, notes)


def _check_one_stack(run_ids: Sequence[str], configs: Sequence[RunConfig]) -> None:
    """Raise InputError if a run differs from the first in more than seed and objective."""
    first = configs[0].stack_key
    for run_id, config in zip(run_ids, configs, strict=True):
        different = [name for name in RunConfig.model_fields if getattr(config.stack_key, name) != getattr(first, name)]
        if different:
            raise InputError(
                "runs of one stack to differ only in seed and objective",
                f"{run_id}, which differs from {run_ids[0]} in {', '.join(different)}",
                "Train it by itself.",
            )


def _check_one_step(run_ids: Sequence[str], checkpoints: Sequence[Checkpoint | None]) -> None:
    """Raise InputError if the runs' checkpoints are not at the same step; a run without a checkpoint is at step 0."""
    steps = [checkpoint.position.step if checkpoint else 0 for checkpoint in checkpoints]
    for run_id, step in zip(run_ids, steps, strict=True):
        if step != steps[0]:
            raise InputError(
                "runs of one stack to resume from the same step",
                f"{run_id} at step {step} and {run_ids[0]} at step {steps[0]}",
                "Train them one at a time.",
            )


def _check_data(run_id: str, checkpoint: Checkpoint | None, dataset: Dataset) -> None:
    """Raise InputError if a checkpoint was trained on other images; one of an earlier version does not tell."""
    data = checkpoint.position.data if checkpoint else None
    if data not in (None, dataset.digest):
        raise InputError(
            f"the training images of the checkpoint of {run_id} ({data})",
            f"other images ({dataset.digest})",
            "Restore the first data file, or delete the run and launch it again.",
        )


def _build_state(configs: Sequence[RunConfig], checkpoints: Sequence[Checkpoint | None], device: str) -> TrainingState:
    """State before the first step, or at the checkpoints if all runs have one."""
    config = configs[0]
    spec, training = config.dataset_spec, config.training
    members = [
        build_model(config.architecture, seed, spec.shape, len(spec.classes), spec.mean, spec.std)
        for seed in (config.seed for config in configs)
    ]
    state = initial_state(Stack.of(members).to(device), training.optimizer, training.learning_rate)
    found = [checkpoint for checkpoint in checkpoints if checkpoint is not None]
    if len(found) == len(configs):
        restore(state, found)
    return state


def _build_perturb(config: RunConfig) -> Perturb | None:
    if not config.adversarial_training:
        return None
    threat, std = config.threat, config.dataset_spec.std
    attack = training_attack(ADVERSARIAL_STEPS, threat.norm)
    return lambda stack, images, labels, seeds: perturb_members(stack, images, labels, attack, threat, std, seeds)[0]


def build_probe(config: RunConfig, dataset: Dataset, device: str) -> Probe | None:
    """Robustness probe of the config, on fixed test images; None if the config has none."""
    if not config.probe.samples:
        return None
    ids = stratified_ids(dataset.test_labels, config.probe.samples)
    images = (torch.from_numpy(dataset.test_images[ids]).float() / 255.0).to(device)
    labels = torch.from_numpy(dataset.test_labels[ids]).to(device)
    threat, std = config.threat, dataset.spec.std
    attack = training_attack(config.probe.steps, threat.norm)
    return lambda stack: probed_accuracy(stack, images, labels, attack, threat, std, seed=0)
