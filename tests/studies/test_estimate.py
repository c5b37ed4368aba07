"""Costs in images through forward and backward: one model for estimates and for diagnoses."""

import pytest

from engine.attacks.attack_config import FORWARD_SHARE
from engine.attacks.catalog import ATTACKS
from engine.attacks.configs import PGD
from engine.diagnostics.effort import Effort
from engine.measurements.evaluation.request import EvaluationRequest
from engine.studies.estimate import evaluation_passes


@pytest.mark.parametrize(
    ("attack", "part", "effort"),
    [
        ("fgsm", "fgsm", Effort()),
        ("apgd-ce", "white_box", Effort(steps=100, starts=5)),
        ("square", "queried", Effort(queries=5_000, queried=200)),
    ],
)
def test_an_evaluation_and_a_diagnosis_agree_on_the_cost_of_an_attack(attack, part, effort):
    evaluation = EvaluationRequest(attacks=(attack,), samples=200)
    assert evaluation_passes(evaluation) == pytest.approx(effort.plan(200, "linf", transfers=False)[part])


def test_costs_by_hand():
    assert evaluation_passes(EvaluationRequest(attacks=("fgsm", "pgd"), samples=50)) == 50 * (1 + 40)
    assert ATTACKS["square"].cost == pytest.approx(5_004 * FORWARD_SHARE)
    plan = Effort(noises=1_000, noised=10).plan(100, "linf", transfers=True)
    assert plan["noised"] == pytest.approx(10 * 1_000 * FORWARD_SHARE)
    assert plan["transferred"] == 100 * PGD(steps=100).cost == plan["pgd"]
