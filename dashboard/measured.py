"""Bounded, cached reads of measurements of runs. Keys contain the state of the files, so no read is stale."""

import os
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np

from dashboard.memory import remembered
from dashboard.sources import settings
from engine.diagnostics.finding import Diagnosis
from engine.documents import usable
from engine.file_state import MISSING, FileState, file_state, now_ns
from engine.measurements.curve.read import curve_paths, read_curves, read_thresholds
from engine.measurements.diagnosis.read import usable_diagnosis
from engine.measurements.evaluation.arrays import read_evaluated
from engine.measurements.evaluation.read import read_report
from engine.measurements.evaluation.survivors import CLEAN, read_survivors
from engine.measurements.inspection import run_problems
from engine.measurements.own_images import OwnImageResult, own_image_results
from engine.measurements.transfer.read import decisive_paths, read_transfers
from engine.minmax.threshold import PixelThreshold
from engine.queue.job import ACTIVE
from engine.queue.overview import RunOverview
from engine.robustness.curve import RobustnessCurve
from engine.robustness.report import RobustnessReport
from engine.robustness.transfer import Transfer
from engine.runs.run_files import MODEL, adversarial_path, diagnosis_path, evaluation_path

PICTURES = "adversarial_images"
FOLDERS = ("evaluations", "diagnoses", "curves", "transfers")

Stamp = tuple[FileState, ...]


def stamp(run_ids: Iterable[str]) -> Stamp:
    """Changes whenever a measurement of one of these runs was stored; nothing is read."""
    root = settings().store.root
    return tuple(file_state(root / run_id / folder) for run_id in run_ids for folder in FOLDERS)


def reports(run_id: str) -> dict[str, RobustnessReport]:
    """Robustness reports of a run by protocol id, oldest first."""
    paths = settings().store.report_paths(run_id)
    return {path.stem: report for path in paths if (report := _report(path, file_state(path))) is not None}


def is_attacked(run_id: str) -> bool:
    """True if a run has a report; no report is read."""
    return bool(settings().store.report_paths(run_id))


def attacked(runs: Iterable[RunOverview]) -> list[RunOverview]:
    """The runs that have a report; of a run, only the folder of its reports is looked at unless it has changed."""
    store, now = settings().store, now_ns()

    def has_reports(run_id: str) -> bool:
        state = file_state(f"{store.root}/{run_id}/evaluations")
        if state == MISSING or not state.is_settled(now):
            return is_attacked(run_id)
        return _has_reports(store.root, run_id, state)

    return [run for run in runs if has_reports(run.run_id)]


def examples(run_id: str, protocol_id: str, attack: str) -> dict[str, np.ndarray]:
    """Predictions and probabilities under an attack, for "none" also labels and sample_ids; empty if not recorded.

    Do not modify the arrays, or those of `pictures`: they are shared by the cache.
    """
    path = adversarial_path(settings().store.path(run_id), protocol_id, attack)
    return _examples(path, file_state(path))


def pictures(run_id: str, protocol_id: str, attack: str) -> np.ndarray:
    """Stored adversarial images of an attack, (k, C, H, W): those of the first k evaluated images; k may be 0."""
    path = adversarial_path(settings().store.path(run_id), protocol_id, attack)
    return _pictures(path, file_state(path))


def survivors(run_id: str, protocol_id: str) -> dict[str, np.ndarray] | None:
    """Masks of the images that are still classified correctly after each attack; None if unknown."""
    folder = settings().store.path(run_id)
    path = evaluation_path(folder, protocol_id)
    state = file_state(path)
    report = _report(path, state)
    attacks = [result.attack.name for result in report.attacks] if report else []
    arrays = (file_state(adversarial_path(folder, protocol_id, name)) for name in (CLEAN, *attacks))
    return _survivors(run_id, protocol_id, folder, (state, *arrays))


def diagnosis(run_id: str, protocol_id: str) -> Diagnosis | None:
    """Diagnosis of the robust accuracy under a protocol; None if it was not checked."""
    path = diagnosis_path(settings().store.path(run_id), protocol_id)
    return _diagnosis(run_id, protocol_id, file_state(path)) if os.path.lexists(path) else None


def own_images(run_id: str, image_id: str) -> list[OwnImageResult]:
    """Results of a run on an image that a user supplied, newest first."""
    return own_image_results(settings().store, run_id, image_id)


def transfers(run_id: str) -> dict[tuple[str, str, str], Transfer]:
    """(protocol id, attack, target) -> how a target run classifies this run's adversarial images, with its weights."""
    states = tuple((path, file_state(path)) for path in decisive_paths(settings().store, run_id))
    return _transfers(run_id, states)


def curves(run_id: str) -> list[RobustnessCurve]:
    """Curves of a run's accuracy against epsilon, one for each way of measuring it."""
    states = tuple(file_state(path) for path in curve_paths(settings().store, run_id))
    return _curves(run_id, settings().store.path(run_id), states)


def thresholds(run_id: str) -> list[PixelThreshold]:
    """Filters of a run's first convolution that act as a threshold on one pixel."""
    folder = settings().store.path(run_id)
    return _thresholds(run_id, folder, file_state(folder / MODEL))


def problems(run: RunOverview) -> list[str]:
    """A sentence for each damaged file of a run; files that have not changed are not read again."""
    return run_problems(settings().store, run.run_id, is_active=run.status in ACTIVE)


@remembered
def _has_reports(root: Path, run_id: str, state: FileState) -> bool:
    return is_attacked(run_id)


@remembered
def _report(path: Path, state: FileState) -> RobustnessReport | None:
    return usable(read_report, path)


@remembered
def _survivors(
    run_id: str, protocol_id: str, folder: Path, states: tuple[FileState, ...]
) -> dict[str, np.ndarray] | None:
    return read_survivors(settings().store, run_id, protocol_id)


@remembered
def _diagnosis(run_id: str, protocol_id: str, state: FileState) -> Diagnosis | None:
    return usable_diagnosis(settings().store, run_id, protocol_id)


@remembered
def _transfers(run_id: str, states: tuple[tuple[Path, FileState], ...]) -> dict[tuple[str, str, str], Transfer]:
    return read_transfers(settings().store, run_id)


@remembered
def _curves(run_id: str, folder: Path, states: tuple[FileState, ...]) -> list[RobustnessCurve]:
    return read_curves(settings().store, run_id)


@remembered
def _thresholds(run_id: str, folder: Path, state: FileState) -> list[PixelThreshold]:
    return read_thresholds(settings().store, run_id)


@remembered
def _examples(path: Path, state: FileState) -> dict[str, np.ndarray]:
    return _arrays(path, lambda name: name != PICTURES)


@remembered
def _pictures(path: Path, state: FileState) -> np.ndarray:
    return _arrays(path, lambda name: name == PICTURES).get(PICTURES, np.empty((0, 1, 1, 1), np.float32))


def _arrays(path: Path, is_wanted: Callable[[str], bool]) -> dict[str, np.ndarray]:
    try:
        return read_evaluated(path, is_wanted)
    except (OSError, ValueError):
        return {}
