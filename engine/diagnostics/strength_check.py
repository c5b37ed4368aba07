"""The last check: do the attacks of all other checks break what the evaluation counts as robust? No torch."""

from __future__ import annotations

from engine.diagnostics.check import Conclusion, check, exceeds
from engine.diagnostics.evidence import Evidence, NotRun
from engine.diagnostics.report_checks import report_of


@check("The evaluation was strong enough")
def upper_bound(examination: Evidence) -> Conclusion:
    """The attacks of all checks together must not break many images that the evaluation counts as robust.
    Failed if the images that they break are more than 1 % of all images: the attacks of the evaluation are too weak.

    Source: Ours, after Carlini et al. 2019.
    """
    reported = examination.worst_case
    if reported is None:
        report_of(examination)
        raise NotRun("The evaluation stored no results of single images, as in older versions: evaluate the run again")
    n, survives = len(reported), reported & examination.unbroken
    broken = int(reported.sum() - survives.sum())
    evidence = (
        f"The attacks of the checks break {broken} of {reported.sum()} images that the evaluation counts as robust. "
        f"Robust accuracy is at most {survives.mean():.4g}, not {reported.mean():.4g}."
    )
    if not broken:
        evidence = (
            f"The attacks of the checks break none of {reported.sum()} images that the evaluation counts as robust."
        )
    values = {"reported": float(reported.mean()), "at_most": float(survives.mean()), "broken": broken, "images": n}
    return Conclusion("failed" if exceeds(broken / n, 0.01) else "ok", evidence, values)
