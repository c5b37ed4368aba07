"""The setup of a measurement: the run's network, the images, and the threat model of the request."""

from __future__ import annotations

from torch import nn

from engine.measurements.images import AttackedImages
from engine.measurements.request import Measurement
from engine.robustness.attack_setup import AttackSetup
from engine.robustness.cache import AdversarialCache
from engine.robustness.meter import Progress
from engine.runs.store import CACHE, RunStore


def measurement_setup(
    store: RunStore, run_id: str, network: nn.Module, attacked: AttackedImages, request: Measurement, progress: Progress
) -> AttackSetup:
    """Attack setup of a request for a run's network, with the store's cache of adversarial images."""
    return AttackSetup(
        network=network,
        images=attacked.images,
        labels=attacked.labels,
        threat=request.threat,
        std=store.config(run_id).dataset_spec.std,
        seed=request.seed,
        cache=AdversarialCache(store.root / CACHE),
        progress=progress,
    )
