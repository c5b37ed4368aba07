"""The recorded runs, read for the numbers that the documents print."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache, cached_property
from pathlib import Path

from engine.diagnostics.finding import Diagnosis
from engine.measurements.curve.read import read_curves, read_thresholds
from engine.measurements.diagnosis.read import read_diagnosis
from engine.measurements.evaluation.read import read_reports
from engine.measurements.transfer.read import read_transfers
from engine.minmax.threshold import PixelThreshold
from engine.paper.claims import JudgedClaim, judge_claims
from engine.paper.distance import Candidate, rank_candidates
from engine.paper.evidence import Evidence, RunIndex, gather
from engine.paper.setting import SETTINGS, Setting
from engine.queue.overview import RunOverview, read_overview
from engine.robustness.report import AttackResult, RobustnessReport
from engine.robustness.transfer import Transfer
from engine.runs.records import read_metrics
from engine.runs.store import SHIPPED, RunStore

SAMPLES = 500

CLOSEST = SETTINGS["mnist"]
"""λ = 0.03, μ = 0.01 on all convolutions: the setting closest to the paper's table 1."""

FIRST_LAYER = CLOSEST.at(0.1, 0.1, "conv1")
"""λ = μ = 0.1 on the first convolution: the setting of the film."""

CIFAR = SETTINGS["cifar10"]
CIFAR_SHORT = replace(CIFAR, training=CIFAR.training.model_copy(update={"epochs": 15, "halve_every": 5}))


class Recorded:
    """All recorded runs; `empty` is a folder without runs of its own."""

    def __init__(self, empty: Path) -> None:
        self.store = RunStore(empty, SHIPPED)
        self.reports_of: Callable[[str], Mapping[str, RobustnessReport]] = cache(self._reports_of)

    def _reports_of(self, run_id: str) -> Mapping[str, RobustnessReport]:
        return read_reports(self.store, run_id)

    @cached_property
    def runs(self) -> list[RunOverview]:
        return [read_overview(self.store, run_id, None) for run_id in self.store.run_ids()]

    @cached_property
    def index(self) -> RunIndex:
        return RunIndex(self.runs)

    @cached_property
    def index_of_seed_0(self) -> RunIndex:
        return RunIndex([run for run in self.runs if getattr(run.config, "seed", None) == 0])

    @cached_property
    def first_layer(self) -> Evidence:
        return self.evidence(FIRST_LAYER)

    @cached_property
    def closest(self) -> Evidence:
        return self.evidence(CLOSEST)

    @cached_property
    def cifar(self) -> Evidence:
        return self.evidence(CIFAR)

    def evidence(self, setting: Setting) -> Evidence:
        return gather(setting, self.index, self.reports_of, SAMPLES)

    def claims(self, evidence: Evidence) -> list[JudgedClaim]:
        protocol = evidence.setting.evaluation(SAMPLES).protocol_id
        return judge_claims(evidence, lambda run_id: read_diagnosis(self.store, run_id, protocol))

    def candidates(self, setting: Setting, complete: bool = False) -> list[Candidate]:
        return rank_candidates(setting, self.index, self.reports_of, SAMPLES, complete)

    def candidates_of_seed_0(self, setting: Setting) -> list[Candidate]:
        return rank_candidates(setting, self.index_of_seed_0, self.reports_of, SAMPLES)

    def reports(self, evidence: Evidence, variant: str) -> list[RobustnessReport]:
        """One for each seed."""
        return [evidence.reports[run.run_id] for _, run in sorted(evidence.runs[variant].items())]

    def attack_results(self, evidence: Evidence, variant: str, attack: str) -> list[AttackResult]:
        """One for each seed."""
        reports = self.reports(evidence, variant)
        return [result for report in reports for result in report.attacks if result.attack.name == attack]

    def half_epsilons(self, run_ids: list[str], attack: str = "pgd") -> list[float]:
        """The ε at which half of the clean accuracy is lost under the attack, for each run."""
        curves = [curve for run_id in run_ids for curve in read_curves(self.store, run_id)]
        return [curve.half_epsilon for curve in curves if curve.attack.name == attack and curve.half_epsilon]

    def thresholds(self, run_id: str) -> list[PixelThreshold]:
        return read_thresholds(self.store, run_id)

    def diagnoses(self) -> dict[str, Diagnosis]:
        """run_id -> checks at the paper's ε, of runs that were checked."""
        protocol = CLOSEST.evaluation(SAMPLES).protocol_id
        found = {run.run_id: read_diagnosis(self.store, run.run_id, protocol) for run in self.runs}
        return {run_id: diagnosis for run_id, diagnosis in found.items() if diagnosis is not None}

    def transfers(self, run_ids: list[str]) -> dict[tuple[str, str], Transfer]:
        """(source, target) -> PGD images of the source before the target."""
        found = {}
        for source in run_ids:
            for (_, attack, target), transfer in read_transfers(self.store, source).items():
                if attack == "pgd":
                    found[source, target] = transfer
        return found

    def snapshots(self, run_id: str) -> list[dict]:
        return read_metrics(self.store.folder(run_id))


def run_ids(evidence: Evidence, variant: str) -> list[str]:
    """The runs of a variant, by seed."""
    return [run.run_id for _, run in sorted(evidence.runs[variant].items())]
