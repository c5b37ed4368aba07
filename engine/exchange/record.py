"""Small copies of finished runs, for sharing: fewer snapshots, complete evaluations. No torch."""

import shutil
from collections.abc import Collection
from functools import partial
from pathlib import Path
from typing import Literal

import numpy as np

from engine.atomic import place_folder
from engine.errors import InputError
from engine.runs.labels import LABELS
from engine.runs.records import METRICS, read_conv_weights, read_metrics, weights_file
from engine.runs.run_files import CONFIG, ENVIRONMENT, MODEL, RESULT
from engine.runs.store import RunStore

Part = Literal["images", "weights"]

RESULTS, IMAGES = ("evaluations", "diagnoses", "curves"), ("adversarial", "transfers")


def record_run(store: RunStore, run_id: str, out: Path, snapshots: int, without: Collection[Part] = ()) -> Path:
    """Copy a run into the folder `out`, under its run id; an existing folder is not overwritten.

    Args:
        snapshots: largest number of snapshots to keep, evenly spaced, with the first and the last.
        without: "images" leaves out adversarial images and the predictions for each: the accuracies stay, but runs
            cannot be compared image by image. "weights" leaves out the final weights and the records of later
            convolutions: the copy cannot be attacked again.

    Returns:
        Path of the copy.

    Raises:
        InputError: the run does not exist or has not finished, `snapshots` is below 2, or the folder exists.
    """
    store.folder(run_id)
    result = store.result(run_id)
    if not result or result["status"] != "finished":
        raise InputError("a finished run", f"{run_id}, which has not finished", "Let the run finish first.")
    if snapshots < 2:
        raise InputError("at least 2 snapshots, the first and the last", str(snapshots), "Ask for 2 or more.")
    taken = InputError("a folder without this run", str(out / run_id), "Remove it, or choose another folder.")
    if (out / run_id).exists():
        raise taken
    out.mkdir(parents=True, exist_ok=True)
    fill = partial(_copy, store, run_id, snapshots=snapshots, without=without)
    if not place_folder(out / run_id, fill, is_whole=lambda: True, set_aside=store.trash.put):
        raise taken
    return out / run_id


def _copy(store: RunStore, run_id: str, copy: Path, snapshots: int, without: Collection[Part]) -> None:
    folder, layers = store.folder(run_id), store.config(run_id).conv_layers
    copy.mkdir()
    for name in (CONFIG, ENVIRONMENT, RESULT, *(() if "weights" in without else (MODEL,))):
        if (folder / name).exists():
            shutil.copy2(folder / name, copy / name)
    if (labels := store.labels_path(run_id)).exists():
        shutil.copy2(labels, copy / LABELS)
    for name in (*RESULTS, *(() if "images" in without else IMAGES)):
        if (folder / name).is_dir():
            shutil.copytree(folder / name, copy / name)
    _thin_records(folder, copy, layers[:1] if "weights" in without else layers, snapshots)


def _thin_records(folder: Path, copy: Path, layers: tuple[str, ...], most: int) -> None:
    lines = (folder / METRICS).read_bytes().splitlines(keepends=True)[: len(read_metrics(folder))]
    kept = np.unique(np.linspace(0, len(lines) - 1, min(most, len(lines))).round().astype(int))
    (copy / METRICS).write_bytes(b"".join(lines[place] for place in kept))
    for layer in layers:
        read_conv_weights(folder, layer)[kept].astype("<f4").tofile(copy / weights_file(layer))
