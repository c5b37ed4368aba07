"""Images are found by what happened to them, and shown at the epsilon that was asked for."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.examples.families import (
    Family,
    attacks_in_ball,
    attacks_of,
    epsilons_by_family,
    family_of,
    ladder_of,
    protocol_at,
)
from dashboard.examples.questions import common_attacks, is_fooled, is_withstanding, questions, survivors
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


def outcome(*predictions):
    return {"predictions": np.array(predictions)}


# Five images of classes 0 to 4. Std is fooled by both, by cw alone, wrong anyway, by none, by fgsm alone.
LABELS = np.arange(5)
OUTCOMES = {
    "std": {CLEAN: outcome(0, 1, 9, 3, 4), "fgsm": outcome(9, 1, 2, 3, 9), "cw": outcome(9, 9, 9, 3, 4)},
    "minmax": {CLEAN: outcome(0, 1, 2, 9, 4), "fgsm": outcome(0, 1, 2, 3, 9), "cw": outcome(9, 1, 2, 3, 4)},
}
NAMES = {"std": "Std", "minmax": "Min-Max"}


def found(title, *under):
    seen = survivors(OUTCOMES, LABELS)
    (question,) = [one for one in questions(NAMES, ["fgsm", "cw"]) if one.title == title]
    return np.flatnonzero(question.matches(seen, under or ("fgsm", "cw"))).tolist()


@pytest.mark.parametrize(
    ("title", "under", "positions"),
    [
        ("every image", (), [0, 1, 2, 3, 4]),
        ("some run fooled", (), [0, 1, 4]),
        ("some run fooled", ("fgsm",), [0, 4]),
        ("Std fooled, Min-Max not", (), [1]),
        ("Std fooled, Min-Max not", ("fgsm",), [0]),
        ("Std fooled, Min-Max not", ("cw",), [1]),
        ("Min-Max fooled, Std not", (), []),
        ("every run fooled", (), [0, 4]),
        ("every run withstands", (), []),
        ("every run withstands", ("fgsm",), [1]),
        ("some run fooled by cw only", (), [0, 1]),
        ("some run fooled by fgsm only", (), [4]),
        ("wrong without any attack", (), [2, 3]),
    ],
)
def test_images_are_found_by_what_happened(title, under, positions):
    assert found(title, *under) == positions


def test_runs_are_compared_under_what_all_of_them_met():
    outcomes = {"std": OUTCOMES["std"], "minmax": {name: OUTCOMES["minmax"][name] for name in (CLEAN, "fgsm")}}
    assert common_attacks(survivors(outcomes, LABELS), ["fgsm", "cw"]) == ["fgsm"]
    titles = [question.title for question in questions(NAMES, ["fgsm"])]
    assert not any("only" in title for title in titles), "an attack alone is the only one"


def test_one_run_and_one_attack_have_no_questions_about_others():
    titles = [question.title for question in questions({"std": "Std"}, ["fgsm"])]
    assert titles == ["every image", "some run fooled", "wrong without any attack"]


def test_outcomes_of_unequal_length_are_cut_to_what_all_have():
    outcomes = {"a": {CLEAN: outcome(0, 1, 2), "fgsm": {}}, "b": {CLEAN: outcome(0, 9)}}
    seen = survivors(outcomes, LABELS)
    assert seen["a"][CLEAN].tolist() == [True, True]
    assert seen["b"][CLEAN].tolist() == [True, False]
    assert "fgsm" not in seen["a"], "nobody is known to survive what was not run"


def test_nobody_withstands_what_was_not_run():
    seen = {CLEAN: np.array([True, True])}
    assert not is_withstanding(seen, []).any()
    assert not is_fooled(seen, []).any()


@given(st.lists(st.tuples(*[st.booleans()] * 3), min_size=1))
def test_correct_images_are_fooled_or_withstand(rows):
    clean, first, second = np.array(rows).T
    of_run = {CLEAN: clean, "fgsm": first, "pgd": second}
    for under in (["fgsm", "pgd"], ["fgsm"], ["pgd"]):
        fooled, withstanding = is_fooled(of_run, under), is_withstanding(of_run, under)
        assert not (fooled & withstanding).any()
        assert ((fooled | withstanding) == clean).all()
