"""Overview of runs for pages and commands: config, status, newest numbers. No torch."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from math import isnan
from typing import Literal, get_args

from engine.errors import DamagedFile, InputError
from engine.file_state import MISSING, file_state
from engine.minmax.quantities import layer_values, recorded
from engine.queue.job import ACTIVE, Job, Status
from engine.queue.run_queue import RunQueue, readable_jobs
from engine.runs.config import RunConfig
from engine.runs.labels import RunLabels
from engine.runs.model_config import ModelConfig
from engine.runs.records import read_last_metrics
from engine.runs.run_files import MODEL
from engine.runs.store import RunStore
from engine.runs.variants import VARIANTS

RunStatus = Status | Literal["damaged"]
"""Status of a run: that of its training, or "damaged" if its result cannot be read."""

RUN_STATUSES: tuple[RunStatus, ...] = (*get_args(Status), "damaged")

_ORDER = {variant: place for place, variant in enumerate(VARIANTS)}


@dataclass(frozen=True)
class RunOverview:
    """Config, status and newest numbers of one run.

    last: record of the newest snapshot.
    result: content of result.json, None until the run has ended.
    job: row of its training in the queue.
    is_shipped: whether it is a recorded run of the project, or a copy of one, and was not trained here.
    has_weights: whether its final weights are stored, so that it can be attacked; some recorded runs have none.
    problems: a sentence for each of its files that cannot be read, with what to do.
    labels: name, note and tags that users gave it.
    created_at: when it was launched, imported or frozen; None if unknown.
    """

    run_id: str
    config: ModelConfig
    status: RunStatus
    last: dict | None
    result: dict | None
    job: Job | None
    is_shipped: bool = False
    has_weights: bool = True
    problems: tuple[str, ...] = ()
    labels: RunLabels = RunLabels()
    created_at: datetime | None = None

    @property
    def label(self) -> str:
        """Name of the run in lists, charts and tables: its users' or, without one, that of its configuration."""
        return self.labels.name or self.config.label

    @property
    def error(self) -> str | None:
        """Reason why the run failed, could not resume or is damaged; None if there is none."""
        damage = self.problems[0] if self.status == "damaged" and self.problems else None
        return damage or (self.job.error if self.job else None) or (self.result or {}).get("error")

    def quantity(self, key: str, layer: str | None = None) -> float | None:
        """One of QUANTITIES at the newest snapshot; None if it was not recorded.

        Args:
            layer: name of the convolution; None means the first one.
        """
        value = recorded(self.last or {}, key, layer or self.config.conv_layers[0])
        return None if isnan(value) else value

    def document(self) -> dict:
        """JSON object of a run, as `--json` prints it, with the numbers of its result or its newest snapshot."""
        config = self.config
        training = {}
        if isinstance(config, RunConfig):
            training = {
                "seed": config.seed,
                "l1": config.objective.l1_strength,
                "l2": config.objective.l2_strength,
                "scope": config.objective.scope,
                **({"penalties": dict(config.objective.penalties)} if config.objective.penalties else {}),
                "epochs": config.training.epochs,
            }
        last, result = self.last or {}, self.result or {}
        return {
            "run_id": self.run_id,
            "status": self.status,
            "label": self.label,
            "labels": self.labels.model_dump(mode="json"),
            "dataset": config.dataset,
            "architecture": config.architecture,
            "variant": config.variant,
            "shipped": self.is_shipped,
            "created_at": self.created_at.isoformat() if self.created_at else None,
            **training,
            "epoch": last.get("epoch"),
            "clean_accuracy": result.get("clean_accuracy", last.get("clean_accuracy")),
            "clean_accuracy_samples": result.get("clean_accuracy_samples"),
            "probed_robust_accuracy": result.get("probed_robust_accuracy", last.get("robust_accuracy")),
            **layer_values(last),
            "seconds": last.get("seconds"),
            "error": self.error,
            **({"problems": list(self.problems)} if self.problems else {}),
        }


@dataclass(frozen=True)
class RunProblem:
    """A run whose config cannot be read, and a sentence that says why and what to do."""

    run_id: str
    sentence: str

    def __str__(self) -> str:
        return self.sentence


def read_overview(store: RunStore, run_id: str, job: Job | None) -> RunOverview:
    """Overview of one run; InputError if it does not exist or its config cannot be read."""
    (config, created_at), problems, result, last = store.described(run_id), [], None, None
    folder = store.folder(run_id)
    try:
        result = store.result(run_id)
    except DamagedFile as error:
        problems.append(str(error))
    status = "damaged" if problems else _status(result, job)
    try:
        last = read_last_metrics(folder)
    except DamagedFile as error:
        problems.append(str(error))
    labels = RunLabels()
    try:
        labels = store.labels(run_id)
    except DamagedFile as error:
        problems.append(str(error))
    is_shipped, has_weights = job is None and store.has_shipped(run_id), file_state(folder / MODEL) != MISSING
    return RunOverview(
        run_id, config, status, last, result, job, is_shipped, has_weights, tuple(problems), labels, created_at
    )


def _status(result: dict | None, job: Job | None) -> Status:
    if result and not (job and job.status in ("queued", *ACTIVE)):
        return result["status"]
    return job.status if job else "interrupted"


def list_runs(
    store: RunStore, queue: RunQueue, run_ids: Sequence[str] | None = None
) -> tuple[list[RunOverview], list[RunProblem]]:
    """All runs, newest first, or those of `run_ids`, and the runs whose config cannot be read.

    Runs are listed from their files if the queue cannot be read. Among all runs, the recorded runs of the project are
    last, in the order of the variants.
    """
    jobs = {job.job_id: job for job in readable_jobs(queue, run_ids)[0]}
    found = [read_listed(store, name, jobs.get(name)) for name in (store.run_ids() if run_ids is None else run_ids)]
    overviews = [each for each in found if isinstance(each, RunOverview)]
    problems = [each for each in found if isinstance(each, RunProblem)]
    return overviews if run_ids is not None else in_order(overviews), problems


def read_listed(store: RunStore, run_id: str, job: Job | None) -> RunOverview | RunProblem:
    """Overview of one run, or the reason why it has none."""
    try:
        return read_overview(store, run_id, job)
    except InputError as error:
        return RunProblem(run_id, str(error))


def in_order(overviews: Sequence[RunOverview]) -> list[RunOverview]:
    """All runs of a store, in the order of `RunStore.run_ids` but for the recorded ones: last, by variant."""
    return sorted(overviews, key=lambda run: _ORDER.get(run.config.variant, len(_ORDER)) if run.is_shipped else -1)
