"""Runs and reports of the page, each read once."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property
from typing import ClassVar

from dashboard import measured, sources
from dashboard.memory import remembered_by_identity
from engine.diagnostics.finding import Diagnosis
from engine.kept import kept
from engine.paper.claims import JudgedClaim, judge_claims
from engine.paper.distance import Candidate, rank_candidates
from engine.paper.evidence import Evidence, Reports, RunIndex, gather
from engine.paper.setting import Setting
from engine.queue.overview import RunOverview
from engine.runs.config import RunConfig
from engine.runs.training_identity import training_identity


@dataclass(frozen=True)
class Library:
    """Runs on one data set and their reports, by run id; what was gathered from them is kept."""

    base: Setting
    runs: Sequence[RunOverview]
    reports: Mapping[str, Reports]
    nbytes: ClassVar[int] = 1_000_000  # an estimate: it refers to runs and reports that are kept without it

    def reports_of(self, run_id: str) -> Reports:
        return self.reports.get(run_id, {})

    @cached_property
    def index(self) -> RunIndex:
        """Index of the runs."""
        return RunIndex(self.runs)

    @cached_property
    def _gathered(self) -> Callable[[Setting, int | None], Evidence]:
        return cache(lambda setting, samples: gather(setting, self.index, self.reports_of, samples))

    @cached_property
    def _ranked(self) -> Callable[[int, bool], list[Candidate]]:
        return cache(lambda samples, whole: rank_candidates(self.base, self.index, self.reports_of, samples, whole))

    def evidence(self, setting: Setting, samples: int | None = None) -> Evidence:
        """Evidence for a setting, as returned by `gather`; gathered once."""
        return self._gathered(setting, samples)

    def candidates(self, samples: int, complete: bool = False) -> list[Candidate]:
        """Ranked candidates, as returned by `rank_candidates`; ranked once."""
        return self._ranked(samples, complete)

    def has_runs(self, setting: Setting) -> bool:
        """Whether Min-Max was trained with this setting."""
        return bool(self.index.seeds(setting, "min-max"))

    @cached_property
    def settings(self) -> Sequence[Setting]:
        """The default setting, then all others that Min-Max was trained with, by scope, λ and μ."""
        choices = {
            (config.objective.scope != "conv1", config.objective.l1_strength, -config.objective.l2_strength)
            for run in self.index.runs
            if run.status == "finished" and isinstance(config := run.config, RunConfig) and config.variant == "min-max"
        }
        found = [self.base.at(l1, mu, "all" if everywhere else "conv1") for everywhere, l1, mu in sorted(choices)]
        known = [setting for setting in found if setting != self.base and self.has_runs(setting)]
        return [self.base, *known]

    @cached_property
    def sample_counts(self) -> Callable[[Setting], Sequence[int]]:
        """Numbers of attacked images at the paper's epsilon over the runs of a setting, ascending."""
        return cache(self._count_samples)

    def _count_samples(self, setting: Setting) -> Sequence[int]:
        evidence = self.evidence(setting)
        counts = {
            report.samples
            for seeds in evidence.runs.values()
            for run in seeds.values()
            for protocol, report in self.reports_of(run.run_id).items()
            if report.samples and protocol == setting.evaluation(report.samples).protocol_id
        }
        return sorted(counts | {evidence.samples})


def open_library(base: Setting) -> Library:
    """The library of the dashboard's store in its present state: the same one until a run or a report changes."""
    runs = [run for run in sources.runs() if run.config.dataset == base.dataset]
    reports = {run.run_id: found for run in runs if (found := measured.reports(run.run_id))}
    return _library(_shared(base), runs, reports)


@kept(64)
def _shared(setting: Setting) -> Setting:
    """The first of all equal settings."""
    return setting


@remembered_by_identity
def _library(base: Setting, runs: Sequence[RunOverview], reports: Mapping[str, Reports]) -> Library:
    return Library(base, runs, reports)


def judged(evidence: Evidence) -> list[JudgedClaim]:
    """The judged claims, with the checks under the protocol of the evidence."""
    protocol = evidence.setting.evaluation(evidence.samples).protocol_id
    run_ids = [run.run_id for seeds in evidence.runs.values() for run in seeds.values()]
    return _judged(evidence, {run_id: measured.diagnosis(run_id, protocol) for run_id in run_ids})


@remembered_by_identity
def _judged(evidence: Evidence, diagnoses: Mapping[str, Diagnosis | None]) -> list[JudgedClaim]:
    return judge_claims(evidence, diagnoses.get)


def as_seeds(runs: Sequence[RunOverview]) -> list[RunOverview]:
    """The runs with configurations reduced to the training identity, so that snapshot settings do not split seeds."""
    return [
        replace(run, config=training_identity(run.config)) if isinstance(run.config, RunConfig) else run for run in runs
    ]
