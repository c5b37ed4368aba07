"""Evaluations are shown at the requested epsilon."""

from dashboard.examples.families import (
    Family,
    attacks_in_ball,
    attacks_of,
    epsilons_by_family,
    family_of,
    ladder_of,
    protocol_at,
)
from engine.attacks.catalog import PAPER_ATTACKS
from engine.attacks.threat import ThreatModel
from engine.measurements.evaluation.survivors import CLEAN
from engine.robustness.report import AttackResult, RobustnessReport


def report(epsilon, attacks, n=10, unit="normalized", seed=0):
    threat = ThreatModel(norm="linf", epsilon=epsilon, unit=unit)
    results = tuple(
        AttackResult(
            attack=PAPER_ATTACKS[name],
            threat=None if name == "cw" else threat,
            n=n,
            n_attackable=n,
            n_invalid=0,
            robust_accuracy=0.5,
            attack_success_rate=0.5,
            largest_linf=0.0,
            largest_l2=0.0,
            median_l2=None,
            seconds=0.0,
        )
        for name in attacks
    )
    return RobustnessReport(
        threat=threat, pixel_epsilon=(epsilon,), seed=seed, sample_ids=tuple(range(n)), clean_accuracy=1.0,
        robust_accuracy=0.5, attacks=results,
    )  # fmt: skip


REPORTS = {
    "a": {
        "p1": report(0.1, ["fgsm"]),
        "p3": report(0.3, ["fgsm", "pgd", "cw"], n=100),
        "px": report(0.3, ["fgsm"], unit="pixel"),
    },
    "b": {"p3": report(0.3, ["fgsm"]), "p3-few": report(0.3, ["fgsm"], n=5), "seed": report(0.3, ["pgd"], seed=4)},
}


NORMALIZED = Family("linf", "normalized", 0)


def test_families_hold_what_differs_only_in_epsilon():
    assert epsilons_by_family(REPORTS) == {
        NORMALIZED: [0.1, 0.3],
        Family("linf", "pixel", 0): [0.3],
        Family("linf", "normalized", 4): [0.3],
    }
    assert next(iter(epsilons_by_family(REPORTS))) == NORMALIZED, "the one with most evaluations first"
    assert family_of(REPORTS["b"]["seed"]).title == "l∞, ε in normalized units, seed 4"


def test_a_protocol_has_the_epsilon_and_the_attack_asked_for():
    assert protocol_at(REPORTS["a"], NORMALIZED, 0.1, "fgsm") == "p1"
    assert protocol_at(REPORTS["a"], NORMALIZED, 0.1, "pgd") is None
    assert protocol_at(REPORTS["b"], NORMALIZED, 0.3, "fgsm") == "p3", "the one with most images"
    assert protocol_at(REPORTS["a"], NORMALIZED, 0.1, "cw") == "p3", "it has no ball: one answer for every epsilon"
    assert protocol_at(REPORTS["a"], NORMALIZED, 0.1, CLEAN) == "p1"
    assert protocol_at(REPORTS["b"], NORMALIZED, 0.1, CLEAN) == "p3", "clean images are the same at every epsilon"
    assert protocol_at(REPORTS["b"], Family("l2", "pixel", 0), 0.3, CLEAN) is None


def test_only_attacks_in_a_ball_have_a_ladder():
    assert ladder_of(REPORTS, NORMALIZED, "fgsm") == [0.1, 0.3]
    assert ladder_of(REPORTS, NORMALIZED, "pgd") == [0.3]
    assert ladder_of(REPORTS, NORMALIZED, "cw") == []
    assert set(attacks_of(REPORTS, NORMALIZED)) == {"fgsm", "pgd", "cw"}
    assert attacks_in_ball(REPORTS, NORMALIZED) == {"fgsm", "pgd"}
