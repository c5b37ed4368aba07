"""Freezing a run: its current checkpoint becomes a separate run with final weights. No torch."""

import shutil
from pathlib import Path

import numpy as np

from engine.atomic import place_folder
from engine.errors import InputError
from engine.exchange.whole_run import is_whole
from engine.minmax.quantities import layer_values, measure_layers
from engine.robustness.cache import weights_digest
from engine.runs.config import RunConfig
from engine.runs.model_config import LONGEST_NAME, ImportedConfig, Origin
from engine.runs.records import METRICS, Recorder, read_last_metrics, weights_file
from engine.runs.resumption import check_records
from engine.runs.run_files import ENVIRONMENT, MODEL, RESULT, save_model, write_json
from engine.runs.store import RunStore, describe_run
from engine.training.checkpoint_file import Position, StoredCheckpoint, has_checkpoint, read_checkpoints
from engine.training.schedule import steps_per_epoch
from engine.validation import validated

WEIGHTS = "weights/"


def can_freeze(store: RunStore, run_id: str) -> bool:
    """Whether a run has a checkpoint, which may be damaged."""
    return has_checkpoint(store.path(run_id))


def freeze_run(store: RunStore, run_id: str) -> str:
    """Copy the weights of a run's newest complete checkpoint, and its records up to there, into a new run.

    The run itself is unchanged and continues if it is in training. Freezing twice at the same step gives the same
    copy. The accuracies of the copy are unknown until it is evaluated: those recorded belong to earlier snapshots.

    Returns:
        Id of the copy, or of the run itself if it has final weights.

    Raises:
        InputError: the run does not exist, has no complete checkpoint yet, or its weights are not finite.
        DamagedFile: its records are not those of the checkpoint.
    """
    store.check_writable()
    folder = store.folder(run_id)
    stored = None if (folder / MODEL).exists() else next(read_checkpoints(folder), None)
    if stored is None:
        if (folder / MODEL).exists():  # it may have finished in the meantime
            return run_id
        remedy = "Resume the run, or wait a moment if it has just started."
        raise InputError("a run with a complete checkpoint", f"{run_id}, which has none", remedy)
    weights = {name.removeprefix(WEIGHTS): values for name, values in stored.arrays.items() if name.startswith(WEIGHTS)}
    if not all(np.isfinite(values).all() for values in weights.values()):
        remedy = "The run has diverged: launch it with smaller strengths or a lower learning rate."
        raise InputError(f"finite weights in {run_id}", "infinite or missing values", remedy)
    check_records(folder, stored.position)
    config = _frozen_config(store.training_config(run_id), folder, stored.position, weights)
    target = store.root / config.run_id
    if not is_whole(store, target.name):
        place_folder(
            target,
            fill=lambda copy: _record(copy, config, folder, stored, weights),
            is_whole=lambda: is_whole(store, target.name),
            set_aside=store.trash.put,
        )
    return target.name


def _frozen_config(
    config: RunConfig, folder: Path, position: Position, weights: dict[str, np.ndarray]
) -> ImportedConfig:
    last = read_last_metrics(folder) or {}
    epoch = position.step / steps_per_epoch(config.dataset_spec.train_size, config.training.batch_size)
    if last.get("step"):  # the record has the actual number of images
        epoch = position.step * last["epoch"] / last["step"]
    moment = f" at epoch {epoch:.2f}"
    return validated(
        ImportedConfig,
        dataset=config.dataset,
        architecture=config.architecture,
        name=config.label[: LONGEST_NAME - len(moment)] + moment,
        weights=weights_digest(weights),
        origin=Origin(run_id=config.run_id, variant=config.variant, step=position.step, epoch=round(epoch, 6)),
    )


def _record(
    folder: Path, config: ImportedConfig, origin: Path, stored: StoredCheckpoint, weights: dict[str, np.ndarray]
) -> None:
    """Write the files of the copy: its origin's records up to the checkpoint, weights and result."""
    describe_run(folder, config)
    conv = {layer: weights[f"{layer}.weight"].ravel() for layer in config.conv_layers}
    for name in (ENVIRONMENT, METRICS, *map(weights_file, conv)):  # metrics first: each of its lines has its weights
        if (origin / name).exists():
            shutil.copyfile(origin / name, folder / name)
    Recorder(folder, {layer: values.size for layer, values in conv.items()}, keep=stored.position.snapshots).close()
    save_model(folder, weights, config)
    write_json(folder / RESULT, {
        "status": "finished",
        "clean_accuracy": None,
        "probed_robust_accuracy": None,
        **layer_values(measure_layers(conv)),
        "epoch": config.origin.epoch if config.origin else None,
        "steps": stored.position.step,
        "seconds": round(stored.position.seconds, 3),
    })  # fmt: skip
