"""Check: a rule in words, beside the function that judges by it. No torch."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from engine.diagnostics.evidence import Evidence, NotRun
from engine.diagnostics.finding import Finding, Verdict


@dataclass(frozen=True)
class Conclusion:
    """A verdict with its evidence, as in `Finding`."""

    verdict: Verdict
    evidence: str
    values: Mapping[str, int | float]


@dataclass(frozen=True)
class Check:
    """One rule, to be called with the evidence; rule and source are those of the function's docstring."""

    name: str
    title: str
    rule: str
    source: str
    conclude: Callable[[Evidence], Conclusion]

    def __call__(self, evidence: Evidence) -> Finding:
        """What comes of it, `not run` where the evidence cannot be had."""
        try:
            conclusion = self.conclude(evidence)
        except NotRun as reason:
            conclusion = Conclusion("not run", f"{reason}.", {})
        return Finding(
            name=self.name,
            title=self.title,
            verdict=conclusion.verdict,
            rule=self.rule,
            source=self.source,
            evidence=conclusion.evidence,
            values=dict(conclusion.values),
        )


def check(title: str) -> Callable[[Callable[[Evidence], Conclusion]], Check]:
    """Makes a check of a function whose docstring has the rule in its first paragraph, and a line `Source: ...`.

    Raises:
        ValueError: one of them is missing.
    """

    def made(conclude: Callable[[Evidence], Conclusion]) -> Check:
        rule, *rest = (inspect.getdoc(conclude) or "").split("\n\n")
        sources = [" ".join(text.split()).removeprefix("Source: ") for text in rest if text.startswith("Source: ")]
        if not rule or len(sources) != 1:
            raise ValueError(f"{conclude.__name__} needs a docstring with a rule and one paragraph 'Source: ...'")
        return Check(conclude.__name__, title, " ".join(rule.split()), sources[0], conclude)

    return made


def graded(value: float, suspicious_above: float, failed_above: float) -> Verdict:
    """The verdict on a number that is the worse the larger it is; limits are exceeded, not reached."""
    return "failed" if exceeds(value, failed_above) else "suspicious" if exceeds(value, suspicious_above) else "ok"


def exceeds(value: float, limit: float) -> bool:
    """Whether value > limit by more than the rounding of fractions of images."""
    return value > limit + 1e-9
