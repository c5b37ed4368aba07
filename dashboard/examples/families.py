"""Families of evaluations that can be shown together: their epsilons, attacks and protocols."""

from collections.abc import Mapping
from typing import NamedTuple

from engine.measurements.evaluation.survivors import CLEAN
from engine.robustness.report import RobustnessReport

Reports = Mapping[str, Mapping[str, RobustnessReport]]
"""run_id -> protocol id -> report."""


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
    """Epsilons of all evaluations in each family, ascending; the family with the most evaluations comes first."""
    found: dict[Family, list[float]] = {}
    for of_run in reports.values():
        for report in of_run.values():
            found.setdefault(family_of(report), []).append(report.threat.epsilon)
    return {family: sorted(set(found[family])) for family in sorted(found, key=lambda family: -len(found[family]))}


def attacks_of(reports: Reports, family: Family) -> list[str]:
    """Names of the attacks in this family's reports, in the order they ran."""
    names = {
        name: None
        for of_run in reports.values()
        for report in sorted(of_run.values(), key=lambda report: -len(report.attacks))
        if family_of(report) == family
        for name in report.robust_accuracy_by_attack
    }
    return list(names)


def protocol_at(of_run: Mapping[str, RobustnessReport], family: Family, epsilon: float, attack: str) -> str | None:
    """Protocol with the results of `attack` on a run at `epsilon`: the one with the most images; None if none exists.

    A minimum-norm attack has no ball, so its results are the same at every epsilon.
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
    """Epsilons, ascending, at which this attack was run in a ball, over all reports of the family."""
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
    """Names of the attacks that are confined to a ball, unlike cw, whose images may be outside every ball."""
    return {
        result.attack.name
        for of_run in reports.values()
        for report in of_run.values()
        if family_of(report) == family
        for result in report.attacks
        if result.threat
    }
