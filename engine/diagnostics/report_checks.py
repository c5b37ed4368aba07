"""Checks of the evaluation's report: does its robust accuracy agree with its attacks? No torch."""

from __future__ import annotations

from engine.attacks.catalog import counts_any_size
from engine.diagnostics.check import Conclusion, check, exceeds
from engine.diagnostics.evidence import Evidence, NotRun
from engine.robustness.report import RobustnessReport


@check("Adversarial images are valid")
def valid(examination: Evidence) -> Conclusion:
    """Every adversarial image must be finite, inside [0, 1] and inside its budget, up to 0.000001.
    Failed if one adversarial image of the evaluation or of PGD is not.

    Source: AutoAttack's final check (Croce & Hein 2020).
    """
    of_report = examination.report.n_invalid if examination.report else 0
    n_invalid = of_report + examination.n_invalid
    whose = "the evaluation and of PGD" if examination.report else "PGD"
    evidence = f"Number of invalid adversarial images of {whose}: {n_invalid}."
    return Conclusion("failed" if n_invalid else "ok", evidence, {"invalid": n_invalid})


@check("Worst case")
def worst_case(examination: Evidence) -> Conclusion:
    """Robust accuracy must count the worst of the attacks for every image.
    Failed if it is above the robust accuracy under any single attack inside the threat model, if one of these is above
    the clean accuracy, or if the stored results of single images give a different number.

    Source: Carlini et al. 2019.
    """
    report = report_of(examination)
    inside = {
        result.attack.name: result.robust_accuracy
        for result in report.attacks
        if not counts_any_size(result.attack, report.threat)
    }
    lowest, highest = min([*inside.values(), report.clean_accuracy]), max(inside.values(), default=0.0)
    verdicts = examination.worst_case
    recounted = report.robust_accuracy if verdicts is None else float(verdicts.mean())
    is_whole = (
        not exceeds(report.robust_accuracy, lowest)
        and not exceeds(highest, report.clean_accuracy)
        and abs(recounted - report.robust_accuracy) < 1e-9
    )
    evidence = (
        f"Robust accuracy is {report.robust_accuracy:.4g}"
        f"{'' if verdicts is None else f' ({recounted:.4g} when recounted image by image)'}. Under single attacks it "
        f"is at least {lowest:.4g} and at most {highest:.4g}. Clean accuracy is {report.clean_accuracy:.4g}."
    )
    values = {
        "robust_accuracy": report.robust_accuracy,
        "recounted": recounted,
        "lowest": lowest,
        "highest": highest,
        "clean_accuracy": report.clean_accuracy,
    }
    return Conclusion("ok" if is_whole else "failed", evidence, values)


@check("Minimal perturbations are found")
def minimum_norm(examination: Evidence) -> Conclusion:
    """An attack that minimizes the perturbation must find an adversarial example for every image.
    Suspicious if it succeeds on less than 99 % of the images: it did not converge. Then read its success rate and the
    median size of its perturbations, not its robust accuracy.

    Source: Carlini et al. 2019; the share is ours.
    """
    results = [
        result for result in report_of(examination).attacks if result.n_found is not None and result.n_attackable
    ]
    if not results:
        raise NotRun("The evaluation has no attack that minimizes the perturbation")
    sentences, values, verdict = [], {}, "ok"
    for result in results:
        name, success = result.attack.name, (result.n_found or 0) / result.n_attackable
        if exceeds(0.99, success):
            verdict = "suspicious"
        sentence = f"{name} finds an adversarial example for {result.n_found} of {result.n_attackable} images"
        values |= {f"{name}_success": success}
        if result.median_l2 is not None:
            sentence += f" (median l2 size {result.median_l2:.4g}, in pixels)"
            values |= {f"{name}_median_l2": result.median_l2}
        sentences.append(sentence)
    return Conclusion(verdict, f"{'; '.join(sentences)}.", values)


def report_of(examination: Evidence) -> RobustnessReport:
    """The evaluation that is checked; NotRun without one."""
    if examination.report is None:
        raise NotRun("This run has no evaluation under the same protocol")
    return examination.report
