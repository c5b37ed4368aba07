"""Checks of the size of ε: whether larger budgets break more, and whether the largest break everything. No torch."""

from __future__ import annotations

from engine.diagnostics.check import Conclusion, check, exceeds
from engine.diagnostics.evidence import Evidence


@check("Larger budgets break more")
def monotone(examination: Evidence) -> Conclusion:
    """Robust accuracy under PGD must fall as ε grows.

    Failed when it rises by more than 0.005 between any two of 0.5, 1, 1.5 and 2 times ε. On the first 200 images.

    Source: Athalye et al. 2018; the limit is ours.
    """
    found = sorted(examination.accuracy_by_share.items())
    accuracies = [accuracy for _, accuracy in found]
    rise = max(max(accuracies[place:]) - accuracy for place, accuracy in enumerate(accuracies))
    steps = ", ".join(f"{accuracy:.4g} at {share:g} ε" for share, accuracy in found)
    values = {"largest_rise": rise} | {f"at_{share:g}": accuracy for share, accuracy in found}
    return Conclusion("failed" if exceeds(rise, 0.005) else "ok", f"Robust accuracy is {steps}.", values)


@check("Nothing survives without limits")
def unbounded(examination: Evidence) -> Conclusion:
    """With a large enough budget every image can be changed into any other, so that PGD must win.

    Failed when under 200 steps of 0.02, robust accuracy is above 0.13 at ε = 0.5, where a grey image is in reach, or
    above 0.01 at ε = 1; linf, in pixels, whatever the threat model. On the first 200 images.

    Source: Athalye et al. 2018, Carlini et al. 2019; limits are ours.
    """
    found = examination.far_accuracy
    verdict = "failed" if exceeds(found[0.5], 0.13) or exceeds(found[1.0], 0.01) else "ok"
    evidence = f"Robust accuracy is {found[0.5]:.4g} at ε = 0.5 and {found[1.0]:.4g} at ε = 1 in pixels."
    return Conclusion(verdict, evidence, {"at_half": found[0.5], "at_one": found[1.0]})
