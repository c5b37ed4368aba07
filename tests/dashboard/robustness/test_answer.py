"""The sentence that the Robustness page leads with."""

import pandas as pd
import pytest

from dashboard.frames.differences import difference_frame
from dashboard.robustness.answer import answer, contrast_words

NONE = difference_frame([], {}, "")


def worst(*rows: tuple[str, int, int]) -> pd.DataFrame:
    """A worst case of each (label, correct, n), with an interval of five points to each side."""
    return pd.DataFrame(
        [
            {"label": label, "n": n, "robust_accuracy": k / n, "low": k / n - 0.05, "high": k / n + 0.05}
            for label, k, n in rows
        ]
    )


def difference(verdict: str, low: float = 0.11, high: float = 0.29) -> dict:
    ends = {"difference_low": low, "difference_high": high}
    return {"label": "B", "reference": "A", "difference": 0.2, "verdict": verdict, **ends}


def test_one_run_has_its_interval():
    words = answer(worst(("A", 433, 500)), NONE, 11)
    assert (
        words
        == "In the worst case of 11 attacks, A classifies 86.6% of 500 images correctly (95 % interval 81.6–91.6)."
    )


def test_several_runs_are_named_from_best_to_worst_with_their_difference():
    frame = pd.DataFrame([difference("higher")])
    words = answer(worst(("A", 10, 100), ("B", 30, 100), ("C", 20, 100)), frame, 1)
    assert words == (
        "In the worst case of 1 attack, B classifies 30% of 100 images correctly, A 10%. "
        "B is right more often than A by 20.0 points (95 % interval +11.0 to +29.0)."
    )


def test_runs_that_cannot_be_compared_are_not():
    assert answer(worst(("A", 1, 10), ("B", 3, 10)), NONE, 2).endswith("they met different attacks or images.")


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (
            difference("within noise", -0.1, 0.5),
            "The difference of B from A, +20.0 points (95 % interval −10.0 to +50.0), is within noise.",
        ),
        (difference("lower", float("nan"), float("nan")), "B is right less often than A by 20.0 points."),
        (
            difference("too few seeds to tell"),
            "B and A differ by 20.0 points; too few seeds to tell whether it is noise.",
        ),
    ],
)
def test_differences_say_whether_they_are_noise(row, words):
    assert contrast_words(row) == words
