"""What attacks did to each test image, and images found by what happened to them. No streamlit, no plotly.

Test images are in one fixed order whose subsets nest: position i is the same image in every evaluation of a data set.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from engine.robustness.report import RobustnessReport

CLEAN = "none"
ANY_ATTACK = "any attack in the ball"

Arrays = Mapping[str, np.ndarray]
Reports = Mapping[str, Mapping[str, RobustnessReport]]
Verdicts = Mapping[str, Mapping[str, np.ndarray]]
"""run_id -> attack or CLEAN -> (n,) bool, classified correctly."""


class Family(NamedTuple):
    """Evaluations that differ only in epsilon, number of images and attacks, so that epsilon can be a slider."""

    norm: str
    unit: str
    seed: int

    @property
    def title(self) -> str:
        norm = "l∞" if self.norm == "linf" else "l2"
        return f"{norm}, ε in {self.unit} units" + (f", seed {self.seed}" if self.seed else "")


def family_of(report: RobustnessReport) -> Family:
    return Family(report.threat.norm, report.threat.unit, report.seed)


def epsilons_by_family(reports: Reports) -> dict[Family, list[float]]:
    """The epsilons at which any run was evaluated, ascending; the family with most evaluations first."""
    found: dict[Family, list[float]] = {}
    for of_run in reports.values():
        for report in of_run.values():
            found.setdefault(family_of(report), []).append(report.threat.epsilon)
    return {family: sorted(set(found[family])) for family in sorted(found, key=lambda family: -len(found[family]))}


def attacks_of(reports: Reports, family: Family) -> list[str]:
    """Names of all attacks that any run of the family met, in the order they ran."""
    names = {
        name: None
        for of_run in reports.values()
        for report in sorted(of_run.values(), key=lambda report: -len(report.attacks))
        if family_of(report) == family
        for name in report.robust_accuracy_by_attack
    }
    return list(names)


def protocol_at(of_run: Mapping[str, RobustnessReport], family: Family, epsilon: float, attack: str) -> str | None:
    """The protocol that shows what `attack` did to a run at `epsilon`: the one with most images, None without any.

    A minimum-norm attack has no ball, so that it is the same at every epsilon.
    """
    candidates = []
    for protocol, report in of_run.items():
        if family_of(report) != family:
            continue
        at_epsilon = report.threat.epsilon == epsilon
        ball = {result.attack.name: result.threat for result in report.attacks}
        if attack == CLEAN or (attack in ball and (at_epsilon or ball[attack] is None)):
            candidates.append((at_epsilon, report.n, protocol))
    return max(candidates)[2] if candidates else None


def ladder_of(reports: Reports, family: Family, attack: str) -> list[float]:
    """The epsilons, ascending, at which any run of the family met this attack in a ball."""
    return sorted(
        {
            report.threat.epsilon
            for of_run in reports.values()
            for report in of_run.values()
            if family_of(report) == family
            and any(result.attack.name == attack and result.threat for result in report.attacks)
        }
    )


def attacks_in_ball(reports: Reports, family: Family) -> set[str]:
    """Names of the attacks that are held to a ball, unlike cw, whose images may lie beyond every epsilon."""
    return {
        result.attack.name
        for of_run in reports.values()
        for report in of_run.values()
        if family_of(report) == family
        for result in report.attacks
        if result.threat
    }


def verdicts(outcomes: Mapping[str, Mapping[str, Arrays]], labels: np.ndarray) -> Verdicts:
    """Who classified what correctly, for the images that all outcomes have."""
    known = [len(arrays["predictions"]) for of_run in outcomes.values() for arrays in of_run.values() if arrays]
    n = min(known, default=0)
    return {
        run_id: {attack: arrays["predictions"][:n] == labels[:n] for attack, arrays in of_run.items() if arrays}
        for run_id, of_run in outcomes.items()
    }


def common_attacks(seen: Verdicts, attacks: Sequence[str]) -> list[str]:
    """Those of `attacks` that every run met: what the runs can be compared under."""
    return [attack for attack in attacks if all(attack in of_run for of_run in seen.values())]


def is_fooled(of_run: Mapping[str, np.ndarray], under: Sequence[str]) -> np.ndarray:
    """(n,) bool: correct without an attack, and wrong under at least one of these, all of which the run has met."""
    return of_run[CLEAN] & ~_survives(of_run, under)


def is_withstanding(of_run: Mapping[str, np.ndarray], under: Sequence[str]) -> np.ndarray:
    """(n,) bool: correct without an attack and under every one of these; nobody withstands what was not run."""
    return of_run[CLEAN] & _survives(of_run, under) & bool(under)


def _survives(of_run: Mapping[str, np.ndarray], under: Sequence[str]) -> np.ndarray:
    return np.all([np.ones_like(of_run[CLEAN]), *(of_run[attack] for attack in under)], axis=0)


class Question(NamedTuple):
    """What happened to an image: in words, and as a test of every image at once under the attacks in question."""

    title: str
    matches: Callable[[Verdicts, Sequence[str]], np.ndarray]


def questions(labels: Mapping[str, str], attacks: Sequence[str]) -> list[Question]:
    """What can be asked of these runs (run_id -> label) and the attacks that all of them met."""
    asked = [
        Question("every image", lambda seen, under: np.ones(_count(seen), bool)),
        Question("some run fooled", lambda seen, under: np.any(_each(is_fooled, seen, under), axis=0)),
    ]
    asked += [
        Question(
            f"{labels[fooled]} fooled, {labels[other]} not",
            lambda seen, under, fooled=fooled, other=other: (
                is_fooled(seen[fooled], under) & is_withstanding(seen[other], under)
            ),
        )
        for fooled in labels
        for other in labels
        if fooled != other
    ]
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
    asked.append(
        Question("wrong without any attack", lambda seen, under: np.any([~run[CLEAN] for run in seen.values()], axis=0))
    )
    return asked


def _each(is_so: Callable, seen: Verdicts, under: Sequence[str]) -> list[np.ndarray]:
    return [is_so(of_run, under) for of_run in seen.values()]


def _by_one_only(seen: Verdicts, name: str, attacks: Sequence[str]) -> np.ndarray:
    others = [attack for attack in attacks if attack != name]
    by_each = [is_fooled(of_run, [name]) & is_withstanding(of_run, others) for of_run in seen.values()]
    return np.any(by_each, axis=0)


def _count(seen: Verdicts) -> int:
    return len(next(iter(seen.values()))[CLEAN])
