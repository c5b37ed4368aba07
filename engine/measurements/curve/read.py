"""Stored curves of a run, traced or computed from distances, and its pixel thresholds. No torch."""

from collections.abc import Iterator
from pathlib import Path

from engine.documents import documents_in, read_model, usable
from engine.errors import InputError
from engine.measurements.curve.request import CurveRequest
from engine.measurements.evaluation.arrays import read_evaluated
from engine.measurements.evaluation.read import read_report
from engine.measurements.evaluation.survivors import CLEAN, read_judgement
from engine.minmax.threshold import PixelThreshold, pixel_thresholds
from engine.robustness.curve import RobustnessCurve, curve_of_distances
from engine.runs.run_files import adversarial_path, curve_path, load_weights, write_json
from engine.runs.store import RunStore

CURVE_REMEDY = "Restore it from a copy, or delete this file and trace the curve again."


def write_curve(store: RunStore, run_id: str, request: CurveRequest, curve: RobustnessCurve) -> None:
    """Store the curve of a request; a recorded run is copied into the store first."""
    path = curve_path(store.own_folder(run_id), request.curve_id)
    path.parent.mkdir(exist_ok=True)
    write_json(path, curve.model_dump(mode="json"))


def read_curve(store: RunStore, run_id: str, request: CurveRequest) -> RobustnessCurve | None:
    """The curve of a request; None if it does not exist; DamagedFile if it cannot be read."""
    return read_curve_file(curve_path(store.path(run_id), request.curve_id))


def read_curve_file(path: Path) -> RobustnessCurve | None:
    """The curve in this file; None if it does not exist; DamagedFile if it cannot be read."""
    return read_model(path, RobustnessCurve, CURVE_REMEDY)


def curve_paths(store: RunStore, run_id: str) -> list[Path]:
    """Files that `read_curves` depends on: traced curves, oldest first, then robustness reports."""
    return [*_traced_paths(store, run_id), *store.report_paths(run_id)]


def read_curves(store: RunStore, run_id: str) -> list[RobustnessCurve]:
    """All readable curves of a run: traced ones, then those of distances; the newest one for each `way`."""
    curves: dict[str, RobustnessCurve] = {}
    for path in _traced_paths(store, run_id):
        if (curve := usable(read_curve_file, path)) is not None:
            curves[curve.way] = curve
    for path in store.report_paths(run_id):
        curves |= {curve.way: curve for curve in _of_distances(store, run_id, path)}
    return list(curves.values())


def read_thresholds(store: RunStore, run_id: str) -> list[PixelThreshold]:
    """Filters of the run's first convolution that act as a threshold on one pixel; empty without final weights."""
    try:
        config, weights = store.config(run_id), load_weights(store.folder(run_id))
    except InputError:
        return []
    spec, layer = config.dataset_spec, config.conv_layers[0]
    normalizes = config.architecture_spec.shape is None
    mean, std = (spec.mean, spec.std) if normalizes else ((0.0,) * spec.shape[0], (1.0,) * spec.shape[0])
    return pixel_thresholds(weights[f"{layer}.weight"], weights[f"{layer}.bias"], mean, std)


def _traced_paths(store: RunStore, run_id: str) -> list[Path]:
    return documents_in(curve_path(store.path(run_id), "*").parent)


def _of_distances(store: RunStore, run_id: str, path: Path) -> Iterator[RobustnessCurve]:
    """One curve per attack of an evaluation that minimizes; none if files are damaged or of an older version."""
    report = usable(read_report, path)
    minimizing = [result.attack for result in report.attacks if result.attack.minimizes] if report else []
    if report is None or not minimizing:
        return
    try:
        wanted = ("predictions", "labels")
        clean = read_evaluated(adversarial_path(store.path(run_id), path.stem, CLEAN), wanted.__contains__)
        correct, channels = clean["predictions"] == clean["labels"], len(report.pixel_epsilon)
        for attack in minimizing:
            found = read_judgement(adversarial_path(store.path(run_id), path.stem, attack.name))
            yield curve_of_distances(attack, correct, found, report.seed, report.sample_ids, channels)
    except (OSError, ValueError, KeyError):
        return
