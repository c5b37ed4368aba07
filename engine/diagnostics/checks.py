"""All checks, and the diagnosis made of their findings. No torch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.diagnostics import attack_checks, epsilon_checks, network_checks, report_checks, strength_check
from engine.diagnostics.check import Check
from engine.diagnostics.finding import Diagnosis

if TYPE_CHECKING:
    from engine.diagnostics.examination import Examination  # loads torch

_FILES = (network_checks, report_checks, attack_checks, epsilon_checks, strength_check)

CHECKS = tuple(found for file in _FILES for found in vars(file).values() if isinstance(found, Check))
"""All checks in the order in which they run and are shown: file by file, from top to bottom."""


def diagnose(examination: Examination, samples: int) -> Diagnosis:
    """Run all checks and collect their findings.

    Args:
        samples: number of images requested.

    Raises:
        InputError: the network's logits or gradients are not finite.
    """
    setup, report = examination.setup, examination.report
    return Diagnosis(
        threat=setup.threat,
        samples=samples,
        seed=setup.seed,
        n=len(setup.labels),
        reference=examination.reference_name,
        robust_accuracy=report.robust_accuracy if report else None,
        findings=tuple(check(examination) for check in CHECKS),
    )
