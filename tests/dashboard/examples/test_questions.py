"""Questions find images by the outcome of attacks."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.examples.questions import (
    common_attacks,
    first_answered,
    is_fooled,
    is_withstanding,
    questions,
    survivors,
)
from engine.measurements.evaluation.survivors import CLEAN


def outcome(*predictions):
    return {"predictions": np.array(predictions)}


# Five images of classes 0 to 4: Std is fooled by both, fooled by cw, wrong when clean, never fooled, fooled by fgsm.
LABELS = np.arange(5)


OUTCOMES = {
    "std": {CLEAN: outcome(0, 1, 9, 3, 4), "fgsm": outcome(9, 1, 2, 3, 9), "cw": outcome(9, 9, 9, 3, 4)},
    "minmax": {CLEAN: outcome(0, 1, 2, 9, 4), "fgsm": outcome(0, 1, 2, 3, 9), "cw": outcome(9, 1, 2, 3, 4)},
}


NAMES = {"std": "Std", "minmax": "Min-Max"}
VARIANTS = {"std": "std", "minmax": "min-max"}


def found(title, *under):
    seen = survivors(OUTCOMES, LABELS)
    (question,) = [one for one in questions(NAMES, ["fgsm", "cw"], VARIANTS) if one.title == title]
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


def test_std_fooled_and_min_max_not_comes_first_in_any_order_of_runs():
    names = {"b": "Min-Max 0", "c": "Std 0", "d": "Min-Max 1"}
    variants = {"b": "min-max", "c": "std", "d": "min-max"}
    titles = [question.title for question in questions(names, ["fgsm"], variants)]
    assert titles[:3] == [
        "Std 0 fooled, Min-Max 0 not",
        "Std 0 fooled, Min-Max 1 not",
        "Min-Max 0 fooled, Min-Max 1 not",
    ]


def test_the_first_question_with_a_picture_in_its_answer_is_asked():
    seen, asked = survivors(OUTCOMES, LABELS), questions(NAMES, ["fgsm", "cw"], VARIANTS)
    titles = [asked[first_answered(asked, seen, ["fgsm", "cw"], kept)].title for kept in (5, 1)]
    assert titles == ["Std fooled, Min-Max not", "some run fooled"], "image 1 answers the first question"
    assert first_answered(asked, seen, ["fgsm", "cw"], 0) == 0, "no picture is kept: the first question is asked"


def test_runs_are_compared_under_what_all_of_them_met():
    outcomes = {"std": OUTCOMES["std"], "minmax": {name: OUTCOMES["minmax"][name] for name in (CLEAN, "fgsm")}}
    assert common_attacks(survivors(outcomes, LABELS), ["fgsm", "cw"]) == ["fgsm"]
    titles = [question.title for question in questions(NAMES, ["fgsm"], VARIANTS)]
    assert not any("only" in title for title in titles), "an attack alone is the only one"


def test_one_run_and_one_attack_have_no_questions_about_others():
    titles = [question.title for question in questions({"std": "Std"}, ["fgsm"], VARIANTS)]
    assert titles == ["some run fooled", "wrong without any attack", "every image"]


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
