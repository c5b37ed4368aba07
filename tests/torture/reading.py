"""Everything that readers say about a store, for a comparison before and after damage."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from engine.errors import InputError
from engine.measurements.curve.read import read_curves, read_thresholds
from engine.measurements.diagnosis.read import usable_diagnosis
from engine.measurements.evaluation.arrays import read_evaluated
from engine.measurements.evaluation.read import read_reports
from engine.measurements.evaluation.survivors import read_survivors
from engine.measurements.inspection import run_problems
from engine.measurements.own_images import load_own_image, own_image_results
from engine.measurements.transfer.read import read_transfers
from engine.queue.overview import list_runs
from engine.runs.records import read_conv_weights, read_metrics
from engine.runs.resumption import find_resumption
from engine.runs.run_data import read_sessions
from engine.runs.run_files import adversarial_path, load_weights
from engine.runs.store import RunStore
from engine.studies.sweep_files import read_sweeps, sweep_problems
from tests.torture.bench import Laboratory

ABSENT = (None, [], {}, "refused", "[]", "{}", "None")
"""Answers that show no number."""

Said = dict[tuple[str, str], Any]
"""(run id or "", name of the reader) -> its answer."""


def everything_said(laboratory: Laboratory) -> Said:
    """Answers of all readers; InputError is the answer "refused", any other error is raised."""
    store = laboratory.store
    overviews, problems = list_runs(store, laboratory.queue)
    said: Said = {(run.run_id, "overview"): run.document() for run in overviews}
    said |= {(problem.run_id, "overview"): "refused" for problem in problems}
    for run_id in store.run_ids():
        for name, read in _readers(store, run_id):
            said[run_id, name] = _answer(read)
    said["", "sweeps"] = _answer(lambda: read_sweeps(store))
    for path in sorted((laboratory.root / "images").glob("*.npz")):
        said["", path.stem] = _answer(lambda path=path: load_own_image(store, path.stem).image)
        for run_id in store.run_ids():
            said[run_id, path.stem] = _answer(lambda run_id=run_id, path=path: _own(store, run_id, path.stem))
    return said


def everything_named(laboratory: Laboratory) -> dict[str, list[str]]:
    """Run id, or "" for the store -> sentences about damage."""
    store = laboratory.store
    named = {run_id: run_problems(store, run_id, from_disk=True) for run_id in store.run_ids()}
    return {name: found for name, found in (named | {"": sweep_problems(store)}).items() if found}


def _readers(store: RunStore, run_id: str) -> Iterator[tuple[str, Callable[[], Any]]]:
    folder = store.path(run_id)
    yield "config", lambda: store.config(run_id)
    yield "result", lambda: store.result(run_id)
    yield "metrics", lambda: read_metrics(folder)
    for layer in ("conv1", "conv2"):
        yield layer, lambda layer=layer: read_conv_weights(folder, layer)
    yield "weights", lambda: load_weights(folder)
    yield "sessions", lambda: read_sessions(folder)
    yield "resumption", lambda: find_resumption(folder).position
    yield "reports", lambda: read_reports(store, run_id)
    yield "curves", lambda: read_curves(store, run_id)
    yield "thresholds", lambda: read_thresholds(store, run_id)
    yield "transfers", lambda: read_transfers(store, run_id)
    for path in store.report_paths(run_id):
        yield f"survivors {path.stem}", lambda path=path: read_survivors(store, run_id, path.stem)
        yield f"diagnosis {path.stem}", lambda path=path: usable_diagnosis(store, run_id, path.stem)
        for attack in ("none", "fgsm", "pgd"):
            images = adversarial_path(folder, path.stem, attack)
            yield images.name, lambda images=images: read_evaluated(images)


def _own(store: RunStore, run_id: str, image_id: str) -> list:
    return [(found.report, found.label, found.examples) for found in own_image_results(store, run_id, image_id)]


def _answer(read: Callable[[], Any]) -> Any:
    try:
        return _comparable(read())
    except (InputError, FileNotFoundError):
        return "refused"


def _comparable(value: Any) -> Any:
    """A value that `==` compares: arrays as their bytes."""
    if isinstance(value, np.ndarray):
        return ["<f4" if value.dtype == np.float32 else str(value.dtype), list(value.shape), value.tobytes()]
    if isinstance(value, dict):
        return {name: _comparable(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_comparable(each) for each in value]
    return value
