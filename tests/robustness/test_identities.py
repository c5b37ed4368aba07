"""Counting: identities between the numbers of one report, for any outcome of the attacks."""

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.attacks.catalog import ATTACKS, counts_any_size
from engine.attacks.threat import ThreatModel
from engine.robustness.report import AttackResult, Judgement, RobustnessReport, judge, summarize, worst_case

STD = (0.5,)
SIZES = {"none": 0.0, "inside": 0.04, "between": 0.12, "far": 0.3}
"""Change of each of four pixels: inside the l2 and linf balls, inside the linf ball only, or outside both."""
THREAT = ThreatModel(norm="linf", epsilon=0.4, unit="normalized")


@dataclass
class Trial:
    """Outcome of one attack on n images: size of each perturbation, and whether the image is misclassified."""

    name: str
    sizes: list[str]
    misclassified: list[bool]

    def judged(self) -> Judgement:
        images = np.full((len(self.sizes), 1, 2, 2), 0.5)
        moved = images + np.array([SIZES[size] for size in self.sizes]).reshape(-1, 1, 1, 1)
        return judge(ATTACKS[self.name], THREAT, STD, images, moved, np.array(self.misclassified))


@st.composite
def evaluations(draw) -> tuple[np.ndarray, list[Trial]]:
    """Images that are correct before, and some attacks without duplicates; an attack with a ball stays inside it."""
    n = draw(st.integers(1, 8))
    flags = st.lists(st.booleans(), min_size=n, max_size=n)
    names = draw(st.lists(st.sampled_from(list(ATTACKS)), min_size=1, max_size=5, unique=True))
    return np.array(draw(flags)), [Trial(name, draw(sizes(name, n)), draw(flags)) for name in names]


def sizes(name: str, n: int):
    attack = ATTACKS[name]
    allowed = list(SIZES) if attack.minimizes else ["none", "inside"] + ["between"] * (attack.norm == "linf")
    return st.lists(st.sampled_from(allowed), min_size=n, max_size=n)


def reported(correct: np.ndarray, trials: list[Trial]) -> RobustnessReport:
    judged = [trial.judged() for trial in trials]
    results = [
        summarize(ATTACKS[trial.name], THREAT, correct, found, 1.0) for trial, found in zip(trials, judged, strict=True)
    ]
    return RobustnessReport(
        threat=THREAT,
        pixel_epsilon=THREAT.pixel_budget(STD),
        seed=0,
        sample_ids=tuple(range(len(correct))),
        clean_accuracy=float(correct.mean()),
        robust_accuracy=float(worst_case(correct, judged).mean()),
        attacks=tuple(results),
    )


def in_threat(result: AttackResult) -> bool:
    return not counts_any_size(result.attack, THREAT)


@settings(deadline=None)
@given(evaluations())
def test_worst_case_is_at_most_each_attack_is_at_most_clean(evaluation):
    report = reported(*evaluation)
    cells = report.robust_accuracy_by_attack.values()
    within = [result.robust_accuracy for result in report.attacks if in_threat(result)]
    assert all(cell <= report.clean_accuracy for cell in cells)
    assert all(report.robust_accuracy <= cell for cell in within)
    assert report.robust_accuracy <= report.clean_accuracy and report.n_invalid == 0


@settings(deadline=None)
@given(evaluations())
def test_worst_case_is_the_share_that_no_attack_breaks_within_the_threat(evaluation):
    """Counts image by image, only from the outcomes of the trials."""
    correct, trials = evaluation
    alive = [
        was and not any(t.misclassified[i] and t.sizes[i] != "far" for t in trials) for i, was in enumerate(correct)
    ]
    assert reported(correct, trials).robust_accuracy == np.mean(alive)


@settings(deadline=None)
@given(evaluations())
def test_each_cell_is_a_count_by_hand(evaluation):
    """Perturbations of any size count only if the attack minimizes a norm other than that of the threat."""
    correct, trials = evaluation
    for trial, result in zip(trials, reported(correct, trials).attacks, strict=True):
        any_size = trial.name in ("cw", "deepfool")
        broken = [w and (any_size or s != "far") for w, s in zip(trial.misclassified, trial.sizes, strict=True)]
        assert result.robust_accuracy == np.mean([c and not b for c, b in zip(correct, broken, strict=True)])
        assert result.n_attackable == sum(correct)


@settings(deadline=None)
@given(evaluations())
def test_robust_accuracy_is_clean_accuracy_times_one_minus_the_success_rate(evaluation):
    report = reported(*evaluation)
    for result in report.attacks:
        if result.attack_success_rate is None:
            assert report.clean_accuracy == result.robust_accuracy == 0.0
        else:
            kept = report.clean_accuracy * (1.0 - result.attack_success_rate)
            assert result.robust_accuracy == pytest.approx(kept, abs=1e-12)


@settings(deadline=None)
@given(evaluations())
def test_another_attack_never_raises_the_worst_case_and_leaves_the_other_cells_alone(evaluation):
    correct, trials = evaluation
    reports = [reported(correct, trials[: count + 1]) for count in range(len(trials))]
    for fewer, more in zip(reports, reports[1:], strict=False):
        assert more.robust_accuracy <= fewer.robust_accuracy
        assert more.attacks[:-1] == fewer.attacks


@settings(deadline=None)
@given(evaluations(), st.randoms(use_true_random=False))
def test_order_of_attacks_and_of_images_changes_nothing(evaluation, random):
    correct, trials = evaluation
    report = reported(correct, trials)
    shuffled = reported(correct, random.sample(trials, len(trials)))
    assert shuffled.robust_accuracy == report.robust_accuracy
    assert shuffled.robust_accuracy_by_attack == report.robust_accuracy_by_attack

    order = random.sample(range(len(correct)), len(correct))
    moved = [Trial(t.name, [t.sizes[i] for i in order], [t.misclassified[i] for i in order]) for t in trials]
    again = reported(correct[order], moved)
    assert again.attacks == report.attacks and again.robust_accuracy == report.robust_accuracy
