"""Study: runs, and how each is attacked once trained; launched, watched, stopped and resumed as one. No torch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from engine.measurements.evaluation.read import read_report
from engine.measurements.evaluation.request import EvaluationRequest
from engine.queue.job import ACTIVE, WAITING, Job
from engine.queue.overview import RunOverview, list_runs
from engine.queue.run_queue import RunQueue
from engine.queue.submission import submit_measurement, submit_runs
from engine.runs.config import RunConfig
from engine.runs.run_files import evaluation_path
from engine.runs.store import RunStore
from engine.runs.training_identity import training_identity
from engine.studies.estimate import evaluation_passes, schedule_seconds, total_passes

ALMOST = 0.99
"""The most that counts as done of a job without a result."""


@dataclass(frozen=True)
class Study:
    """evaluation: of every run; None trains only."""

    configs: tuple[RunConfig, ...]
    evaluation: EvaluationRequest | None = None


@dataclass(frozen=True)
class Step:
    """One run of a study as it stands.

    config, run_id: of the run that answers for it: its own, or another of the same training identity that is further.
    passes: what training and attacks each cost, in images through forward and backward; 0 for what is not asked for.
    trained, attacked: how much of them is done, in [0, 1]; 1 exactly where the result is there.
    status: of what is to be done next, "missing" where that was never asked for; "finished" when all is done.
    ran_away: its weights did, and would again.
    """

    config: RunConfig
    run_id: str
    training_passes: float
    attack_passes: float
    trained: float
    attacked: float
    status: str
    ran_away: bool = False

    @property
    def is_over(self) -> bool:
        """Whether submitting the study again would do nothing for it."""
        return self.status == "finished" or self.ran_away

    @property
    def passes_left(self) -> float:
        return self.training_passes * (1 - self.trained) + self.attack_passes * (1 - self.attacked)


@dataclass(frozen=True)
class StudyProgress:
    """A study as it stands, one step per run."""

    steps: tuple[Step, ...]

    @property
    def fraction(self) -> float:
        """Of all the work, done before or for it, in [0, 1]."""
        total = sum(step.training_passes + step.attack_passes for step in self.steps)
        return 1 - sum(step.passes_left for step in self.steps) / total if total else 1.0

    def count(self, *statuses: str) -> int:
        """Runs with one of these statuses."""
        return sum(step.status in statuses for step in self.steps)

    @property
    def is_busy(self) -> bool:
        """Whether anything of it waits or runs."""
        return self.count(*WAITING, *ACTIVE) > 0

    @property
    def is_finished(self) -> bool:
        return self.count("finished") == len(self.steps)

    def seconds_left(self, rates: Mapping[str, float], processes: int, device: str) -> float | None:
        """Time for what is left, at the measured rate; None while there is none."""
        work = [(step.config, step.passes_left) for step in self.steps if not step.is_over]
        return schedule_seconds(work, rates, processes, device)


def study_progress(store: RunStore, queue: RunQueue, study: Study, runs: Sequence[RunOverview]) -> StudyProgress:
    """How far a study is.

    Args:
        runs: all in the store.
    """
    jobs = {job.job_id: job for job in queue.jobs()}
    alike: dict[RunConfig, list[RunOverview]] = {}
    for run in runs:
        if isinstance(run.config, RunConfig):
            alike.setdefault(training_identity(run.config), []).append(run)

    def step(config: RunConfig) -> Step:
        twins = sorted(alike.get(training_identity(config), []), key=lambda run: run.run_id != config.run_id)
        finished = [run for run in twins if run.status == "finished"]
        attacked = next((run for run in finished if _is_attacked(store, run, study.evaluation)), None)
        usable = [
            *(run for run in finished if run.has_weights),
            *(run for run in twins if run.job and run.job.status in WAITING + ACTIVE),
            *(run for run in twins if run.run_id == config.run_id and run.status != "finished"),
            *(run for run in twins if run.status in ("stopped", "interrupted")),
        ]
        return _step(config, attacked or next(iter(usable), None), attacked is not None, jobs, study.evaluation)

    return StudyProgress(tuple(map(step, study.configs)))


def submit_study(store: RunStore, queue: RunQueue, study: Study, runs: Sequence[RunOverview]) -> StudyProgress:
    """Queue what is not done yet: trainings, and attacks behind them. What was stopped or interrupted goes on.

    A run whose weights ran away would do so again, and stays as it is.

    Args:
        runs: all in the store.
    """
    progress = study_progress(store, queue, study, runs)
    for step in progress.steps:
        if step.trained < 1:
            submit_runs(store, queue, [step.config])
            training = queue.job(step.run_id)
            if training is None or training.status not in WAITING + ACTIVE:
                continue
        if study.evaluation and step.attacked < 1:
            submit_measurement(store, queue, step.run_id, study.evaluation, after_training=True)
    changed = {run.run_id: run for run in list_runs(store, queue, [step.run_id for step in progress.steps])[0]}
    others = [run for run in runs if run.run_id not in changed]
    return study_progress(store, queue, study, [*changed.values(), *others])


def stop_study(queue: RunQueue, study: Study, progress: StudyProgress) -> None:
    """Stop all of it that waits or runs; what is done stays."""
    for step in reversed(progress.steps):  # those that wait first, or a worker would begin them
        for job_id in study_jobs(study, step):
            queue.request_stop(job_id)


def study_jobs(study: Study, step: Step) -> list[str]:
    """Ids of the queue's rows that one run of a study may have, attacks first."""
    attacks = [study.evaluation.job_id(step.run_id)] if study.evaluation else []
    return [*attacks, step.run_id]


def _step(
    config: RunConfig,
    run: RunOverview | None,
    is_attacked: bool,
    jobs: Mapping[str, Job],
    evaluation: EvaluationRequest | None,
) -> Step:
    if run is not None and isinstance(run.config, RunConfig):
        config = run.config
    run_id = run.run_id if run else config.run_id
    training, attack = jobs.get(run_id), jobs.get(evaluation.job_id(run_id)) if evaluation else None
    is_trained = run is not None and run.status == "finished"
    if run is None:
        status = "missing"
    elif is_attacked or not is_trained:
        status = "stopped" if run.status == "interrupted" and training is None else run.status
    else:
        status = "missing" if attack is None or attack.status == "finished" else attack.status
    return Step(
        config,
        run_id,
        total_passes(config),
        evaluation_passes(evaluation) if evaluation else 0.0,
        1.0 if is_trained else _progress(training),
        1.0 if is_attacked else _progress(attack),
        status,
        ran_away=run is not None and (run.result or {}).get("status") == "failed",
    )


def _progress(job: Job | None) -> float:
    """Of what is not done; nothing where a job has finished whose result is gone, since its folder was removed."""
    return min(job.progress, ALMOST) if job and job.status != "finished" else 0.0


def _is_attacked(store: RunStore, run: RunOverview, request: EvaluationRequest | None) -> bool:
    if request is None:
        return True
    report = read_report(evaluation_path(store.path(run.run_id), request.protocol_id))
    return report is not None and set(request.attacks) <= report.robust_accuracy_by_attack.keys()
