"""Every check there is, and the diagnosis they come to. No torch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.diagnostics.attack_checks import (
    black_box,
    converged,
    logit_scale,
    loss,
    monotone,
    one_step,
    random_search,
    restarts,
    silent_success,
    transfer,
    unbounded,
)
from engine.diagnostics.finding import Diagnosis
from engine.diagnostics.network_checks import deterministic, logits, saturation, zero_gradient
from engine.diagnostics.report_checks import minimum_norm, upper_bound, valid, worst_case

if TYPE_CHECKING:
    from engine.diagnostics.examination import Examination

CHECKS = (
    deterministic,
    logits,
    zero_gradient,
    saturation,
    valid,
    worst_case,
    minimum_norm,
    one_step,
    silent_success,
    converged,
    restarts,
    logit_scale,
    loss,
    black_box,
    random_search,
    transfer,
    monotone,
    unbounded,
    upper_bound,
)
"""In the order in which they are run and read."""


def diagnose(examination: Examination, samples: int) -> Diagnosis:
    """All checks; InputError for a model that diverged.

    Args:
        samples: how many images were asked for.
    """
    return Diagnosis(
        threat=examination.threat,
        samples=samples,
        seed=examination.seed,
        n=examination.n,
        reference=examination.reference.name if examination.reference else None,
        robust_accuracy=examination.report.robust_accuracy if examination.report else None,
        findings=tuple(check(examination) for check in CHECKS),
    )
