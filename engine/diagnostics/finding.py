"""Finding and Diagnosis: whether a robust accuracy is to be trusted, as small JSON. No torch."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from engine.attacks.threat import ThreatModel

Verdict = Literal["ok", "suspicious", "failed", "not run"]


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Finding(_Record):
    """What one check came to.

    rule: when it fails and when it is suspicious, in words; source: where the rule is from.
    evidence: the counts behind the verdict, a sentence; for `not run`, why.
    values: the same as numbers; accuracies and shares are fractions.
    """

    name: str
    title: str
    verdict: Verdict
    rule: str
    source: str
    evidence: str
    values: dict[str, int | float]


class Diagnosis(_Record):
    """Every check on one model, on the images of one protocol.

    samples: asked for; n: there were. reference: the run that adversarial images were transferred from.
    robust_accuracy: of the evaluation that was checked along, as it was then; None without one.
    """

    threat: ThreatModel
    samples: int = Field(ge=1)
    seed: int
    n: int = Field(ge=1)
    reference: str | None = None
    robust_accuracy: float | None = None
    findings: tuple[Finding, ...]

    @property
    def is_trustworthy(self) -> bool:
        """No check failed. Not that the model is robust: only that nothing speaks against the number."""
        return not self.having("failed")

    def having(self, verdict: Verdict) -> tuple[Finding, ...]:
        """The findings with this verdict, in the order of the checks."""
        return tuple(finding for finding in self.findings if finding.verdict == verdict)

    @property
    def sentence(self) -> str:
        """All findings in one sentence."""
        failed, suspicious = len(self.having("failed")), len(self.having("suspicious"))
        if failed:
            return f"{_checks(failed)} failed: read the number as an upper bound."
        if suspicious:
            return f"No check failed, {_checks(suspicious)} found something suspicious: read it beside the number."
        if not self.having("ok"):
            return "No check could be run: nothing is known about the number."
        return "No sign of masking found."

    @property
    def summary(self) -> str:
        """The same in a few words, for a cell of a table."""
        failed, suspicious = len(self.having("failed")), len(self.having("suspicious"))
        if failed:
            return f"{_checks(failed)} failed"
        if suspicious:
            return f"{suspicious} suspicious"
        return "no sign of masking" if self.having("ok") else "not checked"


def _checks(count: int) -> str:
    return "1 check" if count == 1 else f"{count} checks"
