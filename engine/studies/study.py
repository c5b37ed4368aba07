"""Study: a set of runs and their evaluation, which are launched, stopped and resumed together. No torch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from engine.documents import usable
from engine.errors import DamagedFile
from engine.file_state import MISSING, FileState, file_state, now_ns
from engine.measurements.evaluation.read import read_report
from engine.measurements.evaluation.request import EvaluationRequest
from engine.queue.job import ACTIVE, WAITING, Job, Place
from engine.queue.overview import RunOverview, list_runs
from engine.queue.run_queue import RunQueue, readable_jobs
from engine.queue.submission import submit_measurement, submit_runs
from engine.runs.config import RunConfig
from engine.runs.run_files import evaluation_path
from engine.runs.store import RunStore
from engine.studies.alike import places_alike, seedless
from engine.studies.estimate import evaluation_passes, schedule_seconds, total_passes

ALMOST = 0.99
"""Largest progress of a job without a result."""


@dataclass(frozen=True)
class Study:
    """Runs to train, and the evaluation of each; None trains only."""

    configs: tuple[RunConfig, ...]
    evaluation: EvaluationRequest | None = None


@dataclass(frozen=True)
class Step:
    """Current state of one run of a study.

    config, run_id: the run that is used: the study's own, or a more advanced one with the same training identity.
    training_passes, attack_passes: cost in images through forward and backward; 0 for attacks without an evaluation.
    trained, attacked: completed fraction of each, in [0, 1]; exactly 1 if the result exists.
    status: status of the next job, or "missing" if it was never queued; "finished" if everything is done; "damaged" if
        its config or result cannot be read.
    ran_away: whether its weights diverged, which they would do again.
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
        """Whether submitting the study again would not change this run."""
        return self.status == "finished" or self.ran_away

    @property
    def passes_left(self) -> float:
        return self.training_passes * (1 - self.trained) + self.attack_passes * (1 - self.attacked)


@dataclass(frozen=True)
class StudyProgress:
    """Current state of a study, with one step per run."""

    steps: tuple[Step, ...]

    @property
    def fraction(self) -> float:
        """Completed fraction of all work of the study, in [0, 1], with results that existed before."""
        total = sum(step.training_passes + step.attack_passes for step in self.steps)
        return 1 - sum(step.passes_left for step in self.steps) / total if total else 1.0

    def count(self, *statuses: str) -> int:
        """Number of runs with one of these statuses."""
        return sum(step.status in statuses for step in self.steps)

    @property
    def is_busy(self) -> bool:
        """Whether any job of the study waits or runs."""
        return self.count(*WAITING, *ACTIVE) > 0

    @property
    def is_finished(self) -> bool:
        return self.count("finished") == len(self.steps)

    def seconds_left(self, rates: Mapping[str, float], processes: int, device: str) -> float | None:
        """Seconds for the remaining work at the measured rates; None if a rate has not been measured yet."""
        work = [(step.config, step.passes_left) for step in self.steps if not step.is_over]
        return schedule_seconds(work, rates, processes, device)


def study_progress(store: RunStore, queue: RunQueue, study: Study, runs: Sequence[RunOverview]) -> StudyProgress:
    """Current state of a study.

    Args:
        runs: all runs of the store.
    """
    places = places_alike([run.config for run in runs])
    ids = [config.run_id for config in study.configs]
    alike = {
        run_id: [runs[place] for place in places.get(seedless(config), {}).get(config.seed, [])]
        for run_id, config in zip(ids, study.configs, strict=True)
    }
    of_study = {*alike, *(run.run_id for twins in alike.values() for run in twins)}
    jobs = {job.job_id: job for job in readable_jobs(queue, run_ids=of_study)[0]}

    def step(run_id: str, config: RunConfig) -> Step:
        twins = sorted(alike[run_id], key=lambda run: run.run_id != run_id)
        finished = [run for run in twins if run.status == "finished"]
        attacked = next((run for run in finished if _is_attacked(store, run, study.evaluation)), None)
        usable = [
            *(run for run in finished if run.has_weights),
            *(run for run in twins if run.job and run.job.status in WAITING + ACTIVE),
            *(run for run in twins if run.run_id == run_id and run.status != "finished"),
            *(run for run in twins if run.status in ("stopped", "interrupted")),
        ]
        return _step(config, attacked or next(iter(usable), None), attacked is not None, jobs, study.evaluation)

    return StudyProgress(tuple(map(step, ids, study.configs)))


def submit_study(
    store: RunStore, queue: RunQueue, study: Study, runs: Sequence[RunOverview], place: Place
) -> StudyProgress:
    """Queue the missing training and the attacks that follow it. Stopped and interrupted jobs resume.

    A run whose weights diverged is not trained again, since they would diverge again. A damaged run is left alone; its
    status says so.

    Args:
        runs: all runs of the store.
        place: the folder of the data, and the device.
    """
    progress = study_progress(store, queue, study, runs)
    for step in progress.steps:
        with suppress(DamagedFile):
            _submit_step(store, queue, study, step, place)
    changed = {run.run_id: run for run in list_runs(store, queue, [step.run_id for step in progress.steps])[0]}
    others = [run for run in runs if run.run_id not in changed]
    return study_progress(store, queue, study, [*changed.values(), *others])


def _submit_step(store: RunStore, queue: RunQueue, study: Study, step: Step, place: Place) -> None:
    if step.trained < 1:
        submit_runs(store, queue, [step.config], place)
        training = queue.job(step.run_id)
        if training is None or training.status not in WAITING + ACTIVE:
            return
    if study.evaluation and step.attacked < 1:
        submit_measurement(store, queue, step.run_id, study.evaluation, place, after_training=True)


def stop_study(queue: RunQueue, study: Study, progress: StudyProgress) -> None:
    """Stop all jobs of a study that wait or run; results are kept."""
    for step in reversed(progress.steps):  # waiting jobs first, so that no worker starts them
        for job_id in study_jobs(study, step):
            queue.request_stop(job_id)


def study_jobs(study: Study, step: Step) -> list[str]:
    """Ids of the jobs that one run of a study may have, attacks first."""
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
    """Progress of a job without a result; 0 if the job has finished, since its result was deleted with its folder."""
    return min(job.progress, ALMOST) if job and job.status != "finished" else 0.0


def _is_attacked(store: RunStore, run: RunOverview, request: EvaluationRequest | None) -> bool:
    if request is None:
        return True
    path = evaluation_path(store.path(run.run_id), request.protocol_id)
    state = file_state(path)
    read = _attacks if state.is_settled(now_ns()) else _attacks.__wrapped__
    return set(request.attacks) <= read(path, state)


@lru_cache(maxsize=8192)  # pages ask at every rerun
def _attacks(path: Path, state: FileState) -> frozenset[str]:
    """Attacks in a report; none if it does not exist or is damaged."""
    report = None if state == MISSING else usable(read_report, path)
    return frozenset() if report is None else frozenset(report.robust_accuracy_by_attack)
