"""The last check: whether all the others together break what the evaluation counts as robust. No torch."""

from __future__ import annotations

from engine.diagnostics.check import Conclusion, check, exceeds
from engine.diagnostics.evidence import Evidence, NotRun
from engine.diagnostics.report_checks import report_of


@check("The evaluation was strong enough")
def upper_bound(examination: Evidence) -> Conclusion:
    """The attacks of these checks together must not break much that the evaluation counts as robust.

    Failed when they break more than 1 % of the images that are still correct in the evaluation's worst case: its
    attacks are too weak for its number.

    Source: ours, after Carlini et al. 2019.
    """
    reported = examination.worst_case
    if reported is None:
        report_of(examination)
        raise NotRun("The evaluation kept no verdicts on single images, as older ones did not: evaluate the run again")
    n, survives = len(reported), reported & examination.unbroken
    broken = int(reported.sum() - survives.sum())
    evidence = (
        f"The checks' attacks break {broken} of the {reported.sum()} images that the evaluation counts as robust: "
        f"robust accuracy is at most {survives.mean():.4g}, not {reported.mean():.4g}."
    )
    if not broken:
        evidence = (
            f"The checks' attacks break none of the {reported.sum()} images that the evaluation counts as robust."
        )
    values = {"reported": float(reported.mean()), "at_most": float(survives.mean()), "broken": broken, "images": n}
    return Conclusion("failed" if exceeds(broken / n, 0.01) else "ok", evidence, values)
