"""Checks of ε: do larger budgets break more images, and do the largest break all of them? No torch."""

from __future__ import annotations

from engine.diagnostics.check import Conclusion, check, exceeds
from engine.diagnostics.evidence import Evidence


@check("Larger budgets break more")
def monotone(examination: Evidence) -> Conclusion:
    """Robust accuracy under PGD must fall as ε grows.
    Failed if it rises by more than 0.005 between any two of 0.5, 1, 1.5 and 2 times ε. Tried on the first 200 images.

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
    """With a large enough budget, every image can be changed into any other, so PGD must break it.
    Failed if PGD with 200 steps of 0.02 leaves robust accuracy above 0.13 at ε = 0.5, where a gray image is in reach,
    or above 0.01 at ε = 1. The ball is linf and ε is in pixels, for every threat model. Tried on the first 200 images.

    Source: Athalye et al. 2018, Carlini et al. 2019; the limits are ours.
    """
    found = examination.far_accuracy
    verdict = "failed" if exceeds(found[0.5], 0.13) or exceeds(found[1.0], 0.01) else "ok"
    evidence = f"Robust accuracy is {found[0.5]:.4g} at ε = 0.5 and {found[1.0]:.4g} at ε = 1, in pixels."
    return Conclusion(verdict, evidence, {"at_half": found[0.5], "at_one": found[1.0]})
