"""Accuracy against epsilon of a trained run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from engine.attacks.catalog import attack_config
from engine.measurements.curve.read import write_curve
from engine.measurements.curve.request import CurveRequest
from engine.measurements.images import chosen_test_images
from engine.robustness.cache import AdversarialCache
from engine.robustness.curve import RobustnessCurve
from engine.robustness.tracing import trace
from engine.runs.load_network import load_member
from engine.runs.store import CACHE, RunStore


def trace_curve(
    store: RunStore,
    run_id: str,
    request: CurveRequest,
    data_dir: Path,
    device: str,
    progress: Callable[[float, str], None] = lambda fraction, message: None,
) -> RobustnessCurve:
    """Trace the curve of a finished run and file it.

    Args:
        progress: called with the fraction done and what was reached before every forward pass; what it raises ends
            the work. Steps that were done come from the cache next time.
    """
    config = store.config(run_id)
    subject = chosen_test_images(config, request, data_dir)
    assert subject.sample_ids is not None
    curve = trace(
        load_member(store, run_id, device),
        subject.images,
        subject.labels,
        subject.sample_ids.tolist(),
        attack_config(request.attack),
        request.threat,
        config.dataset_spec.std,
        request.seed,
        AdversarialCache(store.root / CACHE),
        progress,
    )
    write_curve(store, run_id, request, curve)
    return curve
