import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.attacks.catalog import PAPER_ATTACKS
from engine.attacks.configs import CarliniWagner
from engine.attacks.threat import ThreatModel
from engine.robustness.report import RobustnessReport, judge, still_correct, summarize

STD = (0.5,)
THREAT = ThreatModel(norm="linf", epsilon=0.2, unit="normalized")


def judged(
    attack=PAPER_ATTACKS["fgsm"], shift=0.05, correct=(True, True, True, False), misclassified=(True, True, False, True)
):
    images = np.full((4, 1, 2, 2), 0.5)
    adversarial = images + np.broadcast_to(shift, 4).reshape(4, 1, 1, 1)
    found = judge(attack, THREAT, STD, images, adversarial, np.array(misclassified))
    return summarize(attack, THREAT, np.array(correct), found, 1.5), found.breaks_worst_case


def test_counts_by_hand():
    result, broken = judged()
    assert (result.n, result.n_attackable, result.n_invalid, result.seconds) == (4, 3, 0, 1.5)
    assert result.robust_accuracy == 0.25
    assert result.attack_success_rate == pytest.approx(2 / 3)
    assert (result.largest_linf, result.largest_l2, result.median_l2) == pytest.approx((0.05, 0.1, 0.1))
    assert broken.tolist() == [True, True, False, True]


def test_images_outside_the_budget_break_nothing_and_are_counted():
    result, broken = judged(shift=[0.1, 0.101, 0.6, np.nan])
    assert result.n_invalid == 3
    assert result.robust_accuracy == 0.5
    assert broken.tolist() == [True, False, False, False]
    assert result.largest_linf == pytest.approx(0.6)


def test_nothing_to_attack_has_no_success_rate():
    result, _ = judged(correct=(False,) * 4)
    assert (result.attack_success_rate, result.median_l2, result.robust_accuracy) == (None, None, 0.0)


def test_minimum_norm_images_count_in_their_cell_at_any_size_and_in_the_worst_case_within_the_budget():
    result, broken = judged(CarliniWagner(), shift=[0.05, 0.3, 0.3, 0.0])
    assert (result.threat, result.n_invalid, result.robust_accuracy) == (None, 0, 0.25)
    assert broken.tolist() == [True, False, False, True]


MASKS = st.lists(st.booleans(), min_size=4, max_size=4)


@settings(deadline=None)
@given(MASKS, st.lists(MASKS, min_size=1, max_size=5))
def test_worst_case_is_at_most_each_attack_is_at_most_clean(correct, misclassified):
    survivors, accuracies = np.array(correct), []
    for mask in misclassified:
        result, broken = judged(correct=correct, misclassified=mask)
        survivors = still_correct(survivors, broken)
        accuracies.append(result.robust_accuracy)
    assert survivors.mean() <= min(accuracies) <= max(accuracies) <= np.mean(correct)
    assert survivors.tolist() == [
        c and not any(column) for c, column in zip(correct, zip(*misclassified, strict=True), strict=True)
    ]


def test_reports_survive_json():
    results = tuple(judged(attack)[0] for attack in PAPER_ATTACKS.values())
    report = RobustnessReport(
        threat=THREAT,
        pixel_epsilon=(0.1,),
        seed=3,
        sample_ids=(7, 1, 4, 2),
        clean_accuracy=0.75,
        robust_accuracy=0.25,
        attacks=results,
    )
    assert RobustnessReport.model_validate_json(report.model_dump_json()) == report
    assert list(report.robust_accuracy_by_attack) == list(PAPER_ATTACKS)
    assert (report.n, report.n_invalid) == (4, 0)
