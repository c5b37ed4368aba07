"""Checks of the model: are its outputs and gradients suitable for attacks? No torch."""

from __future__ import annotations

import numpy as np

from engine.diagnostics.check import Conclusion, check, graded
from engine.diagnostics.evidence import Evidence, NotRun


@check("Deterministic")
def deterministic(examination: Evidence) -> Conclusion:
    """Five passes over the same images must agree.
    Failed if a logit changes by more than 0.00001 of the largest logit.

    Source: AutoAttack's check for randomized defenses (Croce & Hein 2020); the tolerance for rounding is ours.
    """
    passes = examination.forwards.astype(np.float64)
    spread = float((passes.max(axis=0) - passes.min(axis=0)).max())
    relative = spread / max(float(np.abs(passes).max()), 1e-300)
    evidence = (
        f"Over {len(passes)} passes, the logits of an image differ by at most {spread:.3g}, "
        f"which is {relative:.2g} of the largest logit."
    )
    return Conclusion("failed" if relative > 1e-5 else "ok", evidence, {"largest_difference": spread})


@check("Logits, not probabilities")
def logits(examination: Evidence) -> Conclusion:
    """Outputs must be logits, not probabilities.
    Failed if on every image all outputs are in [0, 1] and sum to 1, as after a softmax.

    Source: AutoAttack's check of the model's output (Croce & Hein 2020).
    """
    outputs = examination.forwards[0].astype(np.float64)
    like = (outputs.min(axis=1) >= 0) & (outputs.max(axis=1) <= 1) & (np.abs(outputs.sum(axis=1) - 1) < 1e-3)
    low, high = float(outputs.min()), float(outputs.max())
    evidence = (
        f"The outputs of {like.sum()} of {len(like)} images look like probabilities; "
        f"all outputs are in [{low:.3g}, {high:.3g}]."
    )
    return Conclusion("failed" if like.all() else "ok", evidence, {"lowest": low, "highest": high})


@check("Gradients are not zero")
def zero_gradient(examination: Evidence) -> Conclusion:
    """A gradient attack cannot change an image whose loss has a gradient of exactly zero.
    Suspicious if at least one correctly classified image has a zero gradient; failed if more than 1 % of them do.

    Source: AutoAttack's check of gradients, RobustBench's rules (Croce et al. 2021); the shares are ours.
    """
    sizes = _of_correct(examination, examination.gradient_sizes)
    zero = int((sizes == 0).sum())
    evidence = f"{zero} of {len(sizes)} correctly classified images have a gradient of exactly zero."
    values = {"zero": zero, "images": len(sizes), "median_size": float(np.median(sizes))}
    return Conclusion(graded(zero / len(sizes), 0.0, 0.01), evidence, values)


@check("Softmax is not saturated")
def saturation(examination: Evidence) -> Conclusion:
    """If the probability of the correct class rounds to 1 in float32, most of the loss's gradient is lost.
    Suspicious if it does for more than 10 % of the correctly classified images; failed if for more than 50 %.

    Source: After Lee & Chandrakasan 2020, in float32 as attacks compute it; the shares are ours.
    """
    outputs = _of_correct(examination, examination.forwards[0].astype(np.float32))
    exponentials = np.exp(outputs - outputs.max(axis=1, keepdims=True))
    probabilities = exponentials.max(axis=1) / exponentials.sum(axis=1)
    saturated = int((probabilities == 1).sum())
    evidence = f"{saturated} of {len(outputs)} correctly classified images have a probability of exactly 1."
    values = {"saturated": saturated, "images": len(outputs)}
    return Conclusion(graded(saturated / len(outputs), 0.10, 0.50), evidence, values)


def _of_correct(examination: Evidence, values: np.ndarray) -> np.ndarray:
    if not examination.correct.any():
        raise NotRun("No image is classified correctly")
    return values[examination.correct]
