"""Accuracy against epsilon of a trained run."""

from __future__ import annotations

from pathlib import Path

from engine.attacks.catalog import attack_config
from engine.measurements.curve.read import write_curve
from engine.measurements.curve.request import CurveRequest
from engine.measurements.images import chosen_test_images
from engine.measurements.setup import measurement_setup
from engine.robustness.curve import RobustnessCurve
from engine.robustness.meter import Progress, unreported
from engine.robustness.tracing import trace
from engine.runs.load_network import load_network
from engine.runs.store import RunStore


def trace_curve(
    store: RunStore,
    run_id: str,
    request: CurveRequest,
    data_dir: Path,
    device: str,
    progress: Progress = unreported,
) -> RobustnessCurve:
    """Trace the curve of a finished run, and store it with the run.

    Args:
        progress: called before every forward pass with the fraction done and a message; an exception it raises ends the
            work. Finished steps are read from the cache the next time.
    """
    attacked = chosen_test_images(store, run_id, request, data_dir)
    network = load_network(store, run_id, device)
    setup = measurement_setup(store, run_id, network, attacked, request, progress)
    curve = trace(setup, attack_config(request.attack), attacked.report_ids)
    write_curve(store, run_id, request, curve)
    return curve
