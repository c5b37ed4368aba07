"""Laboratories that the faults start from, each made once."""

from pathlib import Path

import numpy as np

from engine.attacks.threat import ThreatModel
from engine.diagnostics.effort import Effort
from engine.measurements.curve.request import CurveRequest
from engine.measurements.diagnosis.measure import diagnose_run
from engine.measurements.diagnosis.request import DiagnosisRequest
from engine.measurements.evaluation.request import EvaluationRequest
from engine.measurements.kinds import measure
from engine.measurements.own_images import OwnImage, save_own_image
from engine.measurements.request import Measurement
from engine.measurements.transfer.request import TransferRequest
from engine.minmax.objective import ObjectiveConfig
from engine.queue.process_identity import process_identity
from engine.queue.submission import submit_runs
from engine.runs import experiment
from engine.runs.config import ProbeConfig, RunConfig
from engine.runs.experiment import train_runs
from engine.studies.sweep import SweepRequest
from engine.studies.sweep_files import save_sweep
from engine.training.schedule import TrainingConfig
from tests.torture.bench import Bench, Laboratory

TRAINING = TrainingConfig(epochs=3, batch_size=50, snapshots_per_epoch=2, learning_rate=0.003)
LONG = TrainingConfig(epochs=8, batch_size=25, snapshots_per_epoch=1)
"""80 steps and 9 snapshots."""

THREAT = ThreatModel(norm="linf", epsilon=0.3, unit="normalized")
QUICK = Effort(steps=10, starts=1, tried=5, shown=5, queries=20, queried=5, noises=10, noised=5, far_steps=50)
EVALUATION = EvaluationRequest(attacks=("fgsm", "pgd"), samples=30, kept_images=8, threat=THREAT)
CURVE = CurveRequest(attack="fgsm", samples=30, threat=THREAT)


def config(seed: int, training: TrainingConfig = TRAINING) -> RunConfig:
    """A run; those with an odd seed are Min-Max."""
    objective = ObjectiveConfig(l1_strength=0.02, l2_strength=-0.03) if seed % 2 else ObjectiveConfig()
    return RunConfig(seed=seed, training=training, objective=objective, probe=ProbeConfig(samples=0))


def transfer() -> TransferRequest:
    """The first run's images on the first two."""
    targets = (config(0).run_id, config(1).run_id)
    return TransferRequest(attack="fgsm", targets=targets, samples=30, threat=THREAT)


def train(laboratory: Laboratory, one: RunConfig, steps: int | None = None) -> Path:
    """Train a run in this process, to its end or by some steps."""
    store, asked = laboratory.store, iter(range(10**9))
    folder = store.create(one)
    interrupted = (lambda: False) if steps is None else (lambda: next(asked) >= steps)
    list(train_runs(store, [one.run_id], laboratory.data, "cpu", interrupted))
    return folder


def finished_runs(bench: Bench) -> Laboratory:
    """Three finished runs, with rows of their trainings."""
    return bench.made("finished", lambda laboratory: _finish(laboratory, range(3)))


def _finish(laboratory: Laboratory, seeds: range) -> None:
    owner, queue = process_identity() or "", laboratory.queue
    run_ids = submit_runs(laboratory.store, queue, [config(seed) for seed in seeds], laboratory.place)
    queue.claim(owner, lambda jobs: jobs)
    for seed, run_id in zip(seeds, run_ids, strict=True):
        train(laboratory, config(seed))
        queue.release(owner, run_id, "finished")


def unfinished_run(bench: Bench) -> Laboratory:
    """A finished run, and one that was stopped after 9 of 15 steps, with checkpoints after 8 and 9."""
    return bench.made("unfinished", _leave_unfinished)


def _leave_unfinished(laboratory: Laboratory) -> None:
    train(laboratory, config(1))
    usual = experiment.CHECKPOINT_INTERVAL
    experiment.CHECKPOINT_INTERVAL = 0.0
    train(laboratory, config(0), steps=9)
    experiment.CHECKPOINT_INTERVAL = usual


def full_store(bench: Bench) -> Laboratory:
    """Every kind of file: finished runs, an unfinished one, all measurements, an image of a user, and a sweep."""
    return bench.made("full", _fill)


def _fill(laboratory: Laboratory) -> None:
    _finish(laboratory, range(2))
    usual = experiment.CHECKPOINT_INTERVAL
    experiment.CHECKPOINT_INTERVAL = 0.0
    train(laboratory, config(4), steps=9)
    experiment.CHECKPOINT_INTERVAL = usual
    store = laboratory.store
    pixels = np.arange(784, dtype=np.uint8).reshape(1, 28, 28)
    image = save_own_image(store, OwnImage("mnist-mini", pixels, 3))
    own = EvaluationRequest(attacks=("fgsm",), image=image, threat=THREAT)
    requests: list[Measurement] = [EVALUATION, CURVE, transfer(), own]
    for one in requests:
        payload = one.model_dump(mode="json")
        measure(store, one.kind, config(0).run_id, payload, laboratory.data, "cpu", lambda *_: None)
    diagnose_run(
        store, config(0).run_id, DiagnosisRequest(samples=30, threat=THREAT), laboratory.data, "cpu", effort=QUICK
    )
    save_sweep(store, SweepRequest(l1_strengths=(0.0,), mus=(0.0, 0.1), training=TRAINING))
