"""Training of one run in this process. No torch until it trains."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Unpack

from engine.data.sources import fetch_dataset
from engine.devices import reproducible, resolve_device
from engine.interface.laboratory import Laboratory, open_laboratory
from engine.interface.owned_job import owned_job
from engine.interface.progress_bar import progress_bar
from engine.interface.run import Run
from engine.interface.settings import Settings, build_config
from engine.queue.submission import is_trained
from engine.runs.config import DeviceRequest, RunConfig


def train(
    dataset: str = "mnist-mini",
    variant: str = "min-max",
    *,
    l1: float | None = None,
    mu: float | None = None,
    l2: float | None = None,
    seed: int = 0,
    device: DeviceRequest = "auto",
    store: Path | str | None = None,
    data: Path | str | None = None,
    progress: bool = True,
    **settings: Unpack[Settings],
) -> Run:
    """Train one run, record it in the store, and return it.

    Equal arguments identify the same run. A finished run, or a recorded run that comes with its weights, is returned
    without training. A stopped or interrupted run resumes from its checkpoint. No worker is needed.

    A dashboard on the same store shows the run while it trains. Its Stop button saves the run and ends the training;
    `train` then returns the run with the status "stopped". Ctrl-C also saves the run, and raises KeyboardInterrupt. A
    run that diverges is returned with the status "failed" and its `error`.

    Args:
        dataset: mnist-mini, mnist, fashion-mnist or cifar10.
        variant: std, std+l1, std+l2, adv or min-max.
        l1: λ of the L1 penalty, for std+l1 and min-max; above 0, default 0.1.
        mu: μ = −κ, for min-max, which pushes weights away from 0; above 0, default 0.1.
        l2: κ of weight decay, for std+l2; above 0, default 0.1.
        seed: fixes the initialization and the order of the data.
        device: auto, cpu or cuda.
        store: folder of runs; the default is the environment variable MINMAX_STORE, else the checkout's `checkpoints`.
        data: folder of data sets; the default is MINMAX_DATA, else the checkout's `data`.
        progress: whether to show a progress bar.
        settings: epochs, batch_size, optimizer, learning_rate, halve_every, snapshots_per_epoch, weight_limit;
            architecture, scope; epsilon and unit (of adversarial training and of the probe); probe_samples,
            probe_steps, probe_every. Defaults and limits are those of `python -m engine launch --help`.

    Raises:
        InputError: an argument is unknown or outside its limits, the data cannot be read, the device does not exist,
            or another process trains the run.

    >>> run = engine.train("mnist-mini", variant="min-max", l1=0.1, mu=0.1, epochs=1, seed=0, progress=False)
    >>> run.status
    'finished'
    >>> len(run.history), run.weights("conv1").shape
    (11, (11, 150))
    >>> engine.train("mnist-mini", variant="std", mu=0.1)
    Traceback (most recent call last):
    ...
    engine.errors.InputError: Expected no mu for the variant Std, got 0.1. Leave out mu, or choose another variant.
    """
    laboratory = open_laboratory(store, data)
    strengths = {"l1": l1, "mu": mu, "l2": l2}
    config = build_config(dataset, variant, strengths, seed, device, laboratory.data_dir, settings)
    if not is_trained(laboratory.store, config):
        _train(laboratory, config, progress)
    return Run(config.run_id, laboratory)


def _train(laboratory: Laboratory, config: RunConfig, progress: bool) -> None:
    from engine.runs.experiment import train_runs  # imports torch

    store, run_id, device = laboratory.store, config.run_id, resolve_device(config.device)
    fetch_dataset(config.dataset, laboratory.data_dir)
    store.create(config)
    with (
        reproducible(device),
        progress_bar(config.label, progress) as show,
        owned_job(laboratory, "train", run_id, run_id, {}, config.device, show) as job,
        closing(train_runs(store, [run_id], laboratory.data_dir, device, job.is_stopped)) as steps,
    ):
        for step in steps:
            job.report(step.fraction, step.message)
