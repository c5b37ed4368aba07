"""Evaluation of one run in this process. No torch until it attacks."""

from collections.abc import Sequence
from pathlib import Path

from engine.attacks.threat import Unit
from engine.data.sources import fetch_dataset
from engine.devices import reproducible, resolve_device
from engine.interface.laboratory import Laboratory, open_laboratory
from engine.interface.owned_job import Stopped, owned_job
from engine.interface.progress_bar import progress_bar
from engine.interface.run import Run
from engine.measurements.evaluation.request import EvaluationRequest
from engine.measurements.images import check_test_data_at_hand
from engine.queue.submission import check_finished
from engine.robustness.report import RobustnessReport
from engine.runs.config import DeviceRequest, linf_threat
from engine.validation import validated


def evaluate(
    run: Run | str,
    attacks: Sequence[str] = ("paper",),
    samples: int = 500,
    epsilon: float | None = None,
    unit: Unit = "normalized",
    seed: int = 0,
    *,
    other_data: bool = False,
    device: DeviceRequest = "auto",
    store: Path | str | None = None,
    data: Path | str | None = None,
    progress: bool = True,
) -> RobustnessReport:
    """Attack a finished run on test images, and return the report that pages and the command line show.

    Evaluations with the same threat model, samples and seed share a report: it includes earlier attacks, which also
    count in its `robust_accuracy`. Adversarial images found earlier are read from the store's cache. A recorded run is
    copied into the store first. No worker is needed.

    Args:
        run: a run, or the id of one.
        attacks: names of attacks and presets (paper, strong); see `python -m engine evaluate --help`.
        samples: number of test images, balanced over classes.
        epsilon: ε, the radius of the linf ball; the default is the paper's for the data set.
        unit: unit of ε, normalized (pixels divided by the channel's standard deviation) or pixel.
        seed: seed of the attacks' random numbers.
        other_data: whether to evaluate a run that was trained on other data than those in the data folder; the report's
            `test_data_is` is then "other". It is "unknown" for imported weights and for runs of earlier versions, which
            recorded their training images alone, and else "same".
        device: auto, cpu or cuda.
        store, data: as in `engine.train`; the default for a `Run` is its own store and data folder.
        progress: whether to show a progress bar.

    Returns:
        A report with `clean_accuracy`, `robust_accuracy` (under the worst of its attacks, image by image),
        `robust_accuracy_by_attack`, and details in `attacks`.

    Raises:
        InputError: an argument is unknown or outside its limits, the run has no final weights, the data cannot be read
            or are not those that the run was trained on, or another process evaluates the run under the same threat
            model.
        RuntimeError: the evaluation was stopped by the dashboard or the command line.

    >>> run = engine.train("mnist-mini", variant="min-max", l1=0.1, mu=0.1, epochs=1, seed=0, progress=False)
    >>> report = engine.evaluate(run, attacks=["fgsm", "pgd"], samples=50, progress=False)
    >>> report.threat.epsilon, report.n, list(report.robust_accuracy_by_attack)
    (0.3, 50, ['fgsm', 'pgd'])
    >>> report.robust_accuracy <= min(report.robust_accuracy_by_attack.values()) <= report.clean_accuracy
    True
    """
    if isinstance(run, Run):
        here, run_id = run.laboratory, run.run_id
        laboratory = open_laboratory(here.root if store is None else store, here.data_dir if data is None else data)
    else:
        laboratory, run_id = open_laboratory(store, data), run
    spec = laboratory.store.config(run_id).dataset_spec
    request = validated(
        EvaluationRequest,
        attacks=(attacks,) if isinstance(attacks, str) else tuple(attacks),
        samples=samples,
        threat=linf_threat(spec, epsilon, unit),
        seed=seed,
        other_data=other_data,
    )
    check_finished(laboratory.store, run_id)
    fetch_dataset(spec.name, laboratory.data_dir)
    request = request.on_data(spec.name, laboratory.data_dir)
    check_test_data_at_hand(laboratory.store, run_id, request, laboratory.data_dir)
    return _evaluate(laboratory, run_id, request, device, progress)


def _evaluate(
    laboratory: Laboratory, run_id: str, request: EvaluationRequest, requested: DeviceRequest, progress: bool
) -> RobustnessReport:
    from engine.measurements.evaluation.measure import evaluate_run  # imports torch

    store, job_id, device = laboratory.store, request.job_id(run_id), resolve_device(requested)
    store.own_folder(run_id)
    with (
        reproducible(device),
        progress_bar(f"Attacks on {store.config(run_id).label}", progress) as show,
        owned_job(laboratory, request.kind, job_id, run_id, request.model_dump(mode="json"), requested, show) as job,
    ):

        def report(fraction: float, message: str) -> None:
            job.report(fraction, message)
            if job.is_stopped():
                raise Stopped(f"The evaluation of {run_id} was stopped. Call engine.evaluate again to resume it.")

        return evaluate_run(store, run_id, request, laboratory.data_dir, device, report)
