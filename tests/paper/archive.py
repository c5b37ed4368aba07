"""Runs and reports made up, so that what they come to is known beforehand."""

from collections.abc import Mapping

from engine.attacks.catalog import ATTACKS, PAPER_ATTACKS, attack_threat
from engine.paper.evidence import Evidence, RunIndex, gather
from engine.paper.setting import Setting
from engine.queue.overview import RunOverview
from engine.robustness.report import AttackResult, RobustnessReport
from engine.runs.config import RunConfig

N = 100


class Archive:
    """Finished runs with their reports, and what a setting makes of them."""

    def __init__(self, setting: Setting) -> None:
        self.setting = setting
        self.runs: list[RunOverview] = []
        self.reports: dict[str, dict[str, RobustnessReport]] = {}

    def train(
        self, config: RunConfig, fuzziness: float = 0.3, near_zero: int = 9, clean: float = 0.98, status="finished"
    ) -> str:
        """One run more; its id."""
        result = {"conv1_fuzziness": fuzziness, "conv1_near_zero": near_zero, "clean_accuracy": clean}
        result["clean_accuracy_samples"] = 10_000
        self.runs.append(RunOverview(config.run_id, config, status, None, result, None))
        return config.run_id

    def attack(self, run_id: str, accuracies: Mapping[str, float], samples: int = N, worst: float = 0.0) -> None:
        """A report at the paper's epsilon."""
        request = self.setting.evaluation(samples)
        results = tuple(
            AttackResult(
                attack=ATTACKS[name],
                threat=attack_threat(ATTACKS[name], request.threat),
                n=samples,
                n_attackable=samples,
                n_invalid=0,
                robust_accuracy=accuracy,
                attack_success_rate=None,
                largest_linf=0.0,
                largest_l2=0.0,
                median_l2=None,
                seconds=0.0,
            )
            for name, accuracy in accuracies.items()
        )
        report = RobustnessReport(
            threat=request.threat,
            pixel_epsilon=(0.1,),
            seed=0,
            sample_ids=tuple(range(samples)),
            samples=samples,
            clean_accuracy=1.0,
            robust_accuracy=worst,
            attacks=results,
        )
        self.reports.setdefault(run_id, {})[request.protocol_id] = report

    def add(self, variant: str, seed: int, accuracy: float | None = None, setting: Setting | None = None, **figures):
        """A run of a variant, with this accuracy under each of the six attacks; its id."""
        run_id = self.train((setting or self.setting).config(variant, seed), **figures)
        if accuracy is not None:
            self.attack(run_id, dict.fromkeys(PAPER_ATTACKS, accuracy))
        return run_id

    def reports_of(self, run_id: str) -> dict[str, RobustnessReport]:
        return self.reports.get(run_id, {})

    def index(self) -> RunIndex:
        return RunIndex(self.runs)

    def evidence(self, samples: int | None = None) -> Evidence:
        return gather(self.setting, self.index(), self.reports_of, samples)
