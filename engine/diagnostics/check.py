"""Check: a rule in words and the function that applies it. No torch."""

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
    """One rule, called with the evidence. `rule` and `source` come from the docstring of `conclude`."""

    name: str
    title: str
    rule: str
    source: str
    conclude: Callable[[Evidence], Conclusion]

    def __call__(self, evidence: Evidence) -> Finding:
        """The finding; its verdict is `not run` if the evidence is not available."""
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
    """Decorator that turns a function into a check.

    The first paragraph of the function's docstring is the rule. Another paragraph reads `Source: ...`.

    Raises:
        ValueError: the rule or the source is missing.
    """

    def made(conclude: Callable[[Evidence], Conclusion]) -> Check:
        rule, *rest = (inspect.getdoc(conclude) or "").split("\n\n")
        sources = [" ".join(text.split()).removeprefix("Source: ") for text in rest if text.startswith("Source: ")]
        if not rule or len(sources) != 1:
            raise ValueError(f"{conclude.__name__} needs a docstring with a rule and one paragraph 'Source: ...'")
        return Check(conclude.__name__, title, " ".join(rule.split()), sources[0], conclude)

    return made


def graded(value: float, suspicious_above: float, failed_above: float) -> Verdict:
    """Verdict on a number for which larger is worse; a value equal to a limit does not exceed it."""
    return "failed" if exceeds(value, failed_above) else "suspicious" if exceeds(value, suspicious_above) else "ok"


def exceeds(value: float, limit: float) -> bool:
    """Whether value > limit by more than the rounding of fractions of images."""
    return value > limit + 1e-9
