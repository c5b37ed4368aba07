"""Bounded, cached reads of the store: the only place with `st.cache_*`. Keys hold the file's state: no stale read."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import streamlit as st

from dashboard.settings import Settings, read_settings
from engine.diagnostics.finding import Diagnosis
from engine.measurements.curve.read import curve_paths, read_curves, read_thresholds
from engine.measurements.diagnosis.read import read_diagnosis
from engine.measurements.evaluation.read import read_report
from engine.measurements.evaluation.survivors import read_survivors
from engine.measurements.own_images import OwnImageResult, own_image_results
from engine.measurements.transfer.read import decisive_paths, read_transfers
from engine.minmax.gradients import InputKind, Simulation, input_vector, simulate
from engine.minmax.threshold import PixelThreshold
from engine.queue.overview import RunOverview, list_runs
from engine.queue.run_queue import RunQueue
from engine.robustness.curve import RobustnessCurve
from engine.robustness.report import RobustnessReport
from engine.robustness.transfer import Transfer
from engine.runs.records import METRICS, read_conv_weights, read_metrics, weights_file
from engine.runs.run_files import MODEL, adversarial_path, diagnosis_path, evaluation_path, read_arrays
from engine.runs.store import RunStore

FileState = tuple[int, int]
PICTURES = "adversarial_images"


@st.cache_resource
def settings() -> Settings:
    """Of this server."""
    return read_settings()


def listing(run_ids: Sequence[str] | None = None) -> tuple[list[RunOverview], list[str]]:
    """All runs, newest first, or those of `run_ids`, as they are now; a sentence for each that cannot be read."""
    here = settings()
    here.queue.reconcile()
    return list_runs(here.store, here.queue, run_ids)


def runs(run_ids: Sequence[str] | None = None) -> list[RunOverview]:
    """Those of `listing` that can be read."""
    return listing(run_ids)[0]


def shipped() -> RunStore | None:
    """The recorded runs that came with the project, as they came, whatever the store has under their names."""
    folder = settings().store.shipped
    return RunStore(folder) if folder else None


def shipped_runs() -> list[RunOverview]:
    """All of `shipped`."""
    store = shipped()
    return list_runs(store, RunQueue(store.root))[0] if store else []


def history(run_id: str, store: RunStore | None = None) -> list[dict]:
    """A run's records, one per snapshot; from the dashboard's store unless another is given."""
    folder = (store or settings().store).path(run_id)
    return _history(folder, _state(folder / METRICS))


def conv_weights(run_id: str, layer: str, store: RunStore | None = None) -> np.ndarray:
    """Weights of a layer at every snapshot, (snapshots, n) float32; from a store as above."""
    folder = (store or settings().store).path(run_id)
    return _conv_weights(folder, layer, _state(folder / weights_file(layer)), len(history(run_id, store)))


def reports(run_id: str) -> dict[str, RobustnessReport]:
    """A run's robustness reports by protocol id, oldest first."""
    paths = settings().store.report_paths(run_id)
    return {path.stem: report for path in paths if (report := _report(path, _state(path))) is not None}


def is_attacked(run_id: str) -> bool:
    """Whether a run has a report, without reading any."""
    return bool(settings().store.report_paths(run_id))


def examples(run_id: str, protocol_id: str, attack: str) -> dict[str, np.ndarray]:
    """What an attack came to: predictions, probabilities, of "none" also labels, sample_ids; empty if nothing is there.

    Read only, like the pictures: caches share them.
    """
    path = adversarial_path(settings().store.path(run_id), protocol_id, attack)
    return _examples(path, _state(path))


def pictures(run_id: str, protocol_id: str, attack: str) -> np.ndarray:
    """The adversarial images kept of an attack, the first ones of those evaluated: (k, C, H, W); k may be 0."""
    path = adversarial_path(settings().store.path(run_id), protocol_id, attack)
    return _pictures(path, _state(path))


def verdicts(run_id: str, protocol_id: str) -> dict[str, np.ndarray] | None:
    """Which images are still classified correctly after each attack; None where nobody knows."""
    folder = settings().store.path(run_id)
    return _verdicts(run_id, protocol_id, folder, _state(evaluation_path(folder, protocol_id)))


def diagnosis(run_id: str, protocol_id: str) -> Diagnosis | None:
    """Whether the robust accuracy under a protocol is to be trusted; None where it was not checked."""
    path = diagnosis_path(settings().store.path(run_id), protocol_id)
    return _diagnosis(run_id, protocol_id, _state(path)) if path.exists() else None


def own_images(run_id: str, image_id: str) -> list[OwnImageResult]:
    """What a run made of an image that somebody brought, newest first."""
    return own_image_results(settings().store, run_id, image_id)


def transfers(run_id: str) -> dict[tuple[str, str, str], Transfer]:
    """(protocol id, attack, target) -> what other runs say to a run's adversarial images, with today's weights."""
    states = tuple((path, _state(path)) for path in decisive_paths(settings().store, run_id))
    return _transfers(run_id, states)


def curves(run_id: str) -> list[RobustnessCurve]:
    """A run's accuracy against epsilon, each way of taking it once."""
    states = tuple(_state(path) for path in curve_paths(settings().store, run_id))
    return _curves(run_id, settings().store.path(run_id), states)


def thresholds(run_id: str) -> list[PixelThreshold]:
    """Filters of a run's first convolution that are a threshold on one pixel."""
    folder = settings().store.path(run_id)
    return _thresholds(run_id, folder, _state(folder / MODEL))


@st.cache_data(max_entries=256, show_spinner=False)
def _history(folder: Path, state: FileState) -> list[dict]:
    return read_metrics(folder)


@st.cache_data(max_entries=64, show_spinner=False)
def _conv_weights(folder: Path, layer: str, state: FileState, snapshots: int) -> np.ndarray:
    return read_conv_weights(folder, layer)


@st.cache_resource(max_entries=1024, show_spinner=False)  # shared, not copied: they are frozen
def _report(path: Path, state: FileState) -> RobustnessReport | None:
    return read_report(path)


@st.cache_resource(max_entries=256, show_spinner=False)
def _verdicts(run_id: str, protocol_id: str, folder: Path, state: FileState) -> dict[str, np.ndarray] | None:
    return read_survivors(settings().store, run_id, protocol_id)


@st.cache_resource(max_entries=256, show_spinner=False)
def _diagnosis(run_id: str, protocol_id: str, state: FileState) -> Diagnosis | None:
    return read_diagnosis(settings().store, run_id, protocol_id)


@st.cache_resource(max_entries=64, show_spinner=False)
def _transfers(run_id: str, states: tuple[tuple[Path, FileState], ...]) -> dict[tuple[str, str, str], Transfer]:
    return read_transfers(settings().store, run_id)


@st.cache_resource(max_entries=256, show_spinner=False)
def _curves(run_id: str, folder: Path, states: tuple[FileState, ...]) -> list[RobustnessCurve]:
    return read_curves(settings().store, run_id)


@st.cache_resource(max_entries=256, show_spinner=False)
def _thresholds(run_id: str, folder: Path, state: FileState) -> list[PixelThreshold]:
    return read_thresholds(settings().store, run_id)


@st.cache_resource(max_entries=512, show_spinner=False)  # shared, not copied: moving a slider reads dozens
def _examples(path: Path, state: FileState) -> dict[str, np.ndarray]:
    return _arrays(path, lambda name: name != PICTURES)


@st.cache_resource(max_entries=64, show_spinner=False)
def _pictures(path: Path, state: FileState) -> np.ndarray:
    return _arrays(path, lambda name: name == PICTURES).get(PICTURES, np.empty((0, 1, 1, 1), np.float32))


def _arrays(path: Path, is_wanted: Callable[[str], bool]) -> dict[str, np.ndarray]:
    try:
        return read_arrays(path, is_wanted)
    except (OSError, ValueError):
        return {}


def _state(path: Path) -> FileState:
    try:
        found = path.stat()
    except OSError:
        return (0, 0)
    return (found.st_mtime_ns, found.st_size)


@st.cache_data(max_entries=64, show_spinner=False)
def simulation(
    m: int, n: int, kind: InputKind, scale: float, p1: tuple[float, ...], draws: int, seed: int
) -> Simulation:
    """`simulate` for m classes and the `input_vector` of the other arguments."""
    return simulate(input_vector(n, scale, kind, seed), m, np.array(p1), draws, seed)
