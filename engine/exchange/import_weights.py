"""Importing weights: a file of weights becomes a finished run with one snapshot."""

import contextlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from engine.atomic import place_folder
from engine.data.sources import Dataset, load_dataset
from engine.exchange.matching import match_tensors
from engine.exchange.tensor_file import read_tensors
from engine.exchange.whole_run import is_whole
from engine.minmax.objective import ObjectiveConfig
from engine.models.stack import Stack
from engine.robustness.cache import weights_digest
from engine.runs.config import RunConfig
from engine.runs.load_network import build_trained
from engine.runs.model_config import ImportedConfig, ModelConfig
from engine.runs.records import Recorder
from engine.runs.result import measure_clean_accuracy, write_result
from engine.runs.run_files import save_model
from engine.runs.stack_session import build_probe
from engine.runs.store import RunStore, describe_run
from engine.training.loop import train
from engine.training.schedule import TrainingConfig
from engine.training.state import initial_state
from engine.validation import validated


@dataclass(frozen=True)
class Import:
    """Result of an import.

    renamed: name in the file -> name in the network, for tensors that were matched by shape.
    is_new: False if the same weights were imported before under the same name; if several imports of them run at
        once, True for one of them.
    """

    run_id: str
    renamed: dict[str, str]
    is_new: bool


def import_weights(store: RunStore, path: Path, architecture: str, dataset: str, name: str, data_dir: Path) -> Import:
    """Create a finished run from a file of weights; an existing run is left unchanged.

    The run is created completely or not at all; a damaged run with the same id is replaced.

    Raises:
        InputError: the file cannot be read or does not fit the network, the network does not fit the images, or the
            data are missing.
    """
    network = validated(ModelConfig, dataset=dataset, architecture=architecture)
    match = match_tensors(read_tensors(path), network)
    config = validated(
        ImportedConfig, dataset=dataset, architecture=architecture, name=name, weights=weights_digest(match.weights)
    )
    if is_whole(store, config.run_id):
        return Import(config.run_id, match.renamed, is_new=False)
    images = load_dataset(dataset, data_dir)
    store.prepare()
    is_new = place_folder(
        store.root / config.run_id,
        fill=lambda folder: _record(folder, config, match.weights, images),
        is_whole=lambda: is_whole(store, config.run_id),
        set_aside=store.trash.put,
    )
    return Import(config.run_id, match.renamed, is_new)


def _record(folder: Path, config: ImportedConfig, weights: dict[str, np.ndarray], images: Dataset) -> None:
    """Write the files of the run: one snapshot with the default robustness probe, weights and result."""
    describe_run(folder, config)
    stack = Stack.of([build_trained(config, weights)])
    usual = RunConfig(dataset=config.dataset, architecture=config.architecture)
    state = initial_state(stack, "adam", TrainingConfig().learning_rate)
    probe = build_probe(usual, images, "cpu")
    snapshot = next(train(state, images, [ObjectiveConfig()], TrainingConfig(), [0], probe=probe))
    sizes = {layer: len(values) for layer, values in snapshot.conv_weights.items()}
    with contextlib.closing(Recorder(folder, sizes, keep=0)) as recorder:
        recorder.append(snapshot)
        recorder.sync()
    save_model(folder, weights, config)
    ending = {"status": "finished", **measure_clean_accuracy(stack, images)}
    write_result(folder, ending, snapshot.step, snapshot.seconds)
