"""Runs and reports of the page, each read once."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property

from dashboard import measured, sources
from dashboard.memory import MEMORY
from engine.paper.claims import JudgedClaim, judge_claims
from engine.paper.distance import Candidate, rank_candidates
from engine.paper.evidence import Evidence, Reports, RunIndex, gather
from engine.paper.setting import Setting
from engine.queue.overview import RunOverview
from engine.runs.config import RunConfig
from engine.runs.training_identity import training_identity


@dataclass(frozen=True)
class Library:
    """Runs on one data set and their reports."""

    base: Setting
    runs: Sequence[RunOverview]
    reports_of: Callable[[str], Reports]

    @cached_property
    def index(self) -> RunIndex:
        """Index of the runs on this data set."""
        return RunIndex([run for run in self.runs if run.config.dataset == self.base.dataset])

    @cached_property
    def _gathered(self) -> Callable[[Setting, int | None], Evidence]:
        return cache(lambda setting, samples: gather(setting, self.index, self.reports_of, samples))

    def evidence(self, setting: Setting, samples: int | None = None) -> Evidence:
        """Evidence for a setting, as returned by `gather`; gathered once."""
        return self._gathered(setting, samples)

    def candidates(self, samples: int, complete: bool = False) -> list[Candidate]:
        """Ranked candidates, as returned by `rank_candidates`; remembered for the same runs and reports."""
        runs = [run for run in self.index.runs if run.status == "finished"]
        reports = [report for run in runs for report in self.reports_of(run.run_id).values()]
        # the value refers to them, so that no other objects get their ids as long as it is remembered
        key = "candidates", self.base, samples, complete, tuple(map(id, (*runs, *reports)))
        _, _, found = MEMORY.value(
            key, lambda: (runs, reports, rank_candidates(self.base, self.index, self.reports_of, samples, complete))
        )
        return found

    def has_runs(self, setting: Setting) -> bool:
        """Whether Min-Max was trained with this setting."""
        return bool(self.index.seeds(setting, "min-max"))

    def settings(self) -> list[Setting]:
        """The default setting, then all others that Min-Max was trained with, by scope, λ and μ."""
        choices = {
            (config.objective.scope != "conv1", config.objective.l1_strength, -config.objective.l2_strength)
            for run in self.index.runs
            if run.status == "finished" and isinstance(config := run.config, RunConfig) and config.variant == "min-max"
        }
        found = [self.base.at(l1, mu, "all" if everywhere else "conv1") for everywhere, l1, mu in sorted(choices)]
        known = [setting for setting in found if setting != self.base and self.has_runs(setting)]
        return [self.base, *known]

    def sample_counts(self, setting: Setting) -> list[int]:
        """Numbers of attacked images at the paper's epsilon over the runs of a setting, ascending."""
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
    """The library of the dashboard's store in its present state."""
    return Library(base, sources.runs(), cache(measured.reports))


def judged(evidence: Evidence) -> list[JudgedClaim]:
    """The judged claims, with the checks under the protocol of the evidence."""
    protocol = evidence.setting.evaluation(evidence.samples).protocol_id
    return judge_claims(evidence, lambda run_id: measured.diagnosis(run_id, protocol))


def as_seeds(runs: Sequence[RunOverview]) -> list[RunOverview]:
    """The runs with configurations reduced to the training identity, so that snapshot settings do not split seeds."""
    return [
        replace(run, config=training_identity(run.config)) if isinstance(run.config, RunConfig) else run for run in runs
    ]
