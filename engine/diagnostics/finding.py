"""Finding and Diagnosis: records of whether a robust accuracy can be trusted. No torch."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from engine.attacks.threat import ThreatModel

Verdict = Literal["ok", "suspicious", "failed", "not run"]


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Finding(_Record):
    """Result of one check.

    rule: in words, when the check fails and when it is suspicious; source: origin of the rule.
    evidence: sentence with the counts behind the verdict, or the reason for `not run`.
    values: numbers of the evidence; accuracies and shares are fractions.
    """

    name: str
    title: str
    verdict: Verdict
    rule: str
    source: str
    evidence: str
    values: dict[str, int | float]


class Diagnosis(_Record):
    """Findings of all checks on one model and the images of one protocol.

    samples: number of images requested; n: number of images used.
    reference: the run that adversarial images were transferred from; None without one.
    robust_accuracy: of the evaluation that was checked, at that time; None without one.
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
        """Whether no check failed. It does not mean that the model is robust."""
        return not self.having("failed")

    def having(self, verdict: Verdict) -> tuple[Finding, ...]:
        """Findings with this verdict, in the order of the checks."""
        return tuple(finding for finding in self.findings if finding.verdict == verdict)

    @property
    def sentence(self) -> str:
        """Summary of all findings in one sentence."""
        failed, suspicious = len(self.having("failed")), len(self.having("suspicious"))
        if failed:
            return f"{_checks(failed)} failed: read the number as an upper bound."
        if suspicious:
            return f"No check failed; {_checks(suspicious)} found something suspicious: read the evidence first."
        if not self.having("ok"):
            return "No check could be run: it is unknown whether the number can be trusted."
        return "No sign of masking found."

    @property
    def summary(self) -> str:
        """Summary of all findings in a few words, for a table cell."""
        failed, suspicious = len(self.having("failed")), len(self.having("suspicious"))
        if failed:
            return f"{_checks(failed)} failed"
        if suspicious:
            return f"{suspicious} suspicious"
        return "no sign of masking" if self.having("ok") else "not checked"


def _checks(count: int) -> str:
    return "1 check" if count == 1 else f"{count} checks"
