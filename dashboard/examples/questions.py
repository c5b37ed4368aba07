"""Questions that find images by the outcome of attacks.

Test images have one fixed order whose subsets are nested: position i
is the same image in every evaluation of a data set.
"""

from collections.abc import Callable, Mapping, Sequence
from itertools import permutations
from typing import NamedTuple

import numpy as np

from dashboard.ui.example_cells import Arrays
from engine.measurements.evaluation.survivors import CLEAN

ANY_ATTACK = "any attack in the ball"

Survivors = Mapping[str, Mapping[str, np.ndarray]]
"""Correctly classified images: run_id -> attack or CLEAN -> shape (n,), bool."""


def survivors(outcomes: Mapping[str, Mapping[str, Arrays]], labels: np.ndarray) -> Survivors:
    """Correctly classified images of each run and attack, over the images that all outcomes share."""
    known = [len(arrays["predictions"]) for of_run in outcomes.values() for arrays in of_run.values() if arrays]
    n = min(known, default=0)
    return {
        run_id: {attack: arrays["predictions"][:n] == labels[:n] for attack, arrays in of_run.items() if arrays}
        for run_id, of_run in outcomes.items()
    }


def common_attacks(seen: Survivors, attacks: Sequence[str]) -> list[str]:
    """Attacks that were run on every run, so that runs can be compared under them."""
    return [attack for attack in attacks if all(attack in of_run for of_run in seen.values())]


def is_fooled(of_run: Mapping[str, np.ndarray], under: Sequence[str]) -> np.ndarray:
    """Images correct without an attack and wrong under at least one of these attacks, shape (n,), bool.

    All attacks in `under` must have been run on the run.
    """
    return of_run[CLEAN] & ~_survives(of_run, under)


def is_withstanding(of_run: Mapping[str, np.ndarray], under: Sequence[str]) -> np.ndarray:
    """Images correct without an attack and under every one of these, shape (n,), bool; none if `under` is empty."""
    return of_run[CLEAN] & _survives(of_run, under) & bool(under)


def _survives(of_run: Mapping[str, np.ndarray], under: Sequence[str]) -> np.ndarray:
    return np.all([np.ones_like(of_run[CLEAN]), *(of_run[attack] for attack in under)], axis=0)


class Question(NamedTuple):
    """An attack outcome: its title, and a test of all images at once under the given attacks."""

    title: str
    matches: Callable[[Survivors, Sequence[str]], np.ndarray]


def questions(labels: Mapping[str, str], attacks: Sequence[str], variants: Mapping[str, str]) -> list[Question]:
    """Questions about these runs and the attacks that were run on all of them, the most interesting first.

    Args:
        labels, variants: by run_id; Std fooled and Min-Max not is asked first.
        attacks: names.
    """
    asked = [
        Question(
            f"{labels[fooled]} fooled, {labels[other]} not",
            lambda seen, under, fooled=fooled, other=other: (
                is_fooled(seen[fooled], under) & is_withstanding(seen[other], under)
            ),
        )
        for fooled, other in sorted(permutations(labels, 2), key=lambda pair: _dullness(*map(variants.get, pair)))
    ]
    asked.append(Question("some run fooled", lambda seen, under: np.any(_each(is_fooled, seen, under), axis=0)))
    if len(labels) > 1:
        asked += [
            Question("every run fooled", lambda seen, under: np.all(_each(is_fooled, seen, under), axis=0)),
            Question("every run withstands", lambda seen, under: np.all(_each(is_withstanding, seen, under), axis=0)),
        ]
    if len(attacks) > 1:
        asked += [
            Question(
                f"some run fooled by {name} only", lambda seen, under, name=name: _by_one_only(seen, name, attacks)
            )
            for name in attacks
        ]
    return [
        *asked,
        Question(
            "wrong without any attack", lambda seen, under: np.any([~run[CLEAN] for run in seen.values()], axis=0)
        ),
        Question("every image", lambda seen, under: np.ones(_count(seen), bool)),
    ]


def first_answered(asked: Sequence[Question], seen: Survivors, under: Sequence[str], kept: int) -> int:
    """Place of the first question that one of the first `kept` images answers; 0 if none does."""
    return next((place for place, question in enumerate(asked) if question.matches(seen, under)[:kept].any()), 0)


def _dullness(fooled: str | None, withstanding: str | None) -> tuple[bool, bool]:
    return fooled != "std", withstanding != "min-max"


def _each(is_so: Callable, seen: Survivors, under: Sequence[str]) -> list[np.ndarray]:
    return [is_so(of_run, under) for of_run in seen.values()]


def _by_one_only(seen: Survivors, name: str, attacks: Sequence[str]) -> np.ndarray:
    others = [attack for attack in attacks if attack != name]
    by_each = [is_fooled(of_run, [name]) & is_withstanding(of_run, others) for of_run in seen.values()]
    return np.any(by_each, axis=0)


def _count(seen: Survivors) -> int:
    return len(next(iter(seen.values()))[CLEAN])
