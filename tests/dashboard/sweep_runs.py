"""Runs of a sweep: Std and Min-Max with two seeds each, and a point where both seeds failed."""

from engine.attacks.attack_config import AttackConfig
from engine.attacks.catalog import attack_config
from engine.attacks.threat import ThreatModel
from engine.minmax.objective import ObjectiveConfig
from engine.queue.overview import RunOverview
from engine.robustness.report import AttackResult, RobustnessReport
from engine.runs.config import RunConfig
from engine.runs.training_identity import family

PLANE = family(RunConfig())


ERROR = "diverged at step 12: weight 3 of conv1 reached 104.2"


def run(l1, mu, seed, largest=0.2, status="finished", clean=0.9, error=None) -> RunOverview:
    config = RunConfig(objective=ObjectiveConfig(l1_strength=l1, l2_strength=0.0 - mu), seed=seed)
    last = {
        "fuzziness": {"conv1": 0.3, "conv2": 0.1},
        "near_zero": {"conv1": 30, "conv2": 240},
        "largest_weight": {"conv1": largest, "conv2": 0.05},
    }
    result = {"status": status, "clean_accuracy": clean} if status == "finished" else {"status": status, "error": error}
    return RunOverview(config.run_id, config, status, last, result, None)


def report(robust: float) -> RobustnessReport:
    attack: AttackConfig = attack_config("fgsm")
    threat = ThreatModel()
    result = AttackResult(
        attack=attack, threat=threat, n=10, n_attackable=9, n_invalid=0, robust_accuracy=robust,
        attack_success_rate=None, largest_linf=0.1, largest_l2=1.0, median_l2=None, seconds=1.0,
    )  # fmt: skip
    return RobustnessReport(
        threat=threat, pixel_epsilon=(0.09,), seed=0, sample_ids=tuple(range(10)), clean_accuracy=0.95,
        robust_accuracy=robust, attacks=(result,),
    )  # fmt: skip


RUNS = [
    run(0.0, 0.0, 0, clean=0.8),
    run(0.0, 0.0, 1, clean=0.9),
    run(0.1, 0.1, 0, largest=0.6),
    run(0.1, 0.1, 1, largest=0.4),
    run(0.1, 9.0, 0, status="failed", error=ERROR),
    run(0.1, 9.0, 1, status="failed", error="The disk is full."),
]


REPORTS = {RUNS[0].run_id: report(0.5), RUNS[1].run_id: report(0.7)}
