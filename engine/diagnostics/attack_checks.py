"""Checks of the attacks: do other attacks break images that the white-box attacks do not? No torch."""

from __future__ import annotations

from engine.diagnostics.attempt import Attempt
from engine.diagnostics.check import Conclusion, check, exceeds, graded
from engine.diagnostics.evidence import Evidence

FEW = 2
"""Number of broken images that may be chance, even if it is a large share of few images."""


@check("Many steps beat one")
def one_step(examination: Evidence) -> Conclusion:
    """FGSM must not be stronger than PGD.
    Failed if robust accuracy under PGD is more than 0.005 above robust accuracy under FGSM; suspicious if FGSM alone
    breaks more than 1 % of the images.

    Source: Athalye et al. 2018, Carlini et al. 2019; the limits are ours.
    """
    many, one = examination.pgd_path, examination.fgsm
    n, alone = len(many), int((many & ~one).sum())
    excess = float(many.mean() - one.mean())
    verdict = "failed" if exceeds(excess, 0.005) else graded(alone / n, 0.01, 1.0)
    evidence = (
        f"Robust accuracy is {one.mean():.4g} under FGSM and {many.mean():.4g} under PGD; "
        f"FGSM alone breaks {alone} of {n} images."
    )
    values = {"fgsm": float(one.mean()), "pgd": float(many.mean()), "fgsm_alone": alone, "images": n}
    return Conclusion(verdict, evidence, values)


@check("No success is lost")
def silent_success(examination: Evidence) -> Conclusion:
    """An image that is adversarial at any step of PGD must not count as robust, even if it is not at the last step.
    Suspicious if at least one image is adversarial only before the last step. The white-box attacks count every step.

    Source: Pintor et al. 2022.
    """
    at_end, always = examination.pgd, examination.pgd_path
    n, lost = len(at_end), int((at_end & ~always).sum())
    evidence = (
        f"{lost} of {n} images are adversarial at some step of PGD but not at the last one. Robust accuracy is "
        f"{at_end.mean():.4g} by the last step and {always.mean():.4g} by the best step."
    )
    values = {"lost": lost, "images": n, "by_last": float(at_end.mean()), "by_best": float(always.mean())}
    return Conclusion("suspicious" if lost else "ok", evidence, values)


@check("Converged")
def converged(examination: Evidence) -> Conclusion:
    """PGD with twice as many steps must not break much more than the white-box attacks.
    Failed if 200 steps lower robust accuracy by more than 0.01. Tried on up to 250 survivors.

    Source: Carlini et al. 2019; the limit is ours.
    """
    return _lowered(examination.doubled, "PGD with twice as many steps", 0.01, 0.01)


@check("Enough starts")
def restarts(examination: Evidence) -> Conclusion:
    """PGD from other random starts must not break much more than the white-box attacks.
    Suspicious if four more starts lower robust accuracy by more than 0.01; failed if by more than 0.02. Tried on up to
    250 survivors.

    Source: Carlini et al. 2019; the limits are ours.
    """
    return _lowered(examination.restarted, "PGD from other random starts", 0.01, 0.02)


@check("Size of the logits")
def logit_scale(examination: Evidence) -> Conclusion:
    """PGD on logits divided by their margin must not break more than the white-box attacks.
    Suspicious if it lowers robust accuracy by more than 0.005; failed if by more than 0.05. Tried on up to 250
    survivors of the white-box attacks: PGD with 100 steps of ε / 10, then APGD on cross-entropy from 5 starts.

    Source: After Tramèr et al. 2020, who rescale logits; the limits are ours. Measured on plain LeNets: 0.015 to 0.022
    with unscaled logits, 0.35 with logits multiplied by 10.
    """
    return _lowered(examination.scaled, "PGD on logits divided by their margin", 0.005, 0.05)


@check("Another loss")
def loss(examination: Evidence) -> Conclusion:
    """APGD on the logit ratio must not break much more than the white-box attacks, which use cross-entropy.
    Suspicious if it lowers robust accuracy by more than 0.02. Tried from one start on up to 250 survivors.

    Source: AutoAttack (Croce & Hein 2020), which runs both losses for this reason; the limit is ours.
    """
    return _lowered(examination.ratio, "APGD on the logit ratio", 0.02, 1.0)


@check("Gradients beat queries")
def black_box(examination: Evidence) -> Conclusion:
    """Square, which uses no gradients, must not break more than the white-box attacks.
    Suspicious if 5,000 queries for each of up to 200 survivors break one image; failed if they break more than two
    images and lower robust accuracy by more than 0.002.

    Source: Athalye et al. 2018, AutoAttack (Croce & Hein 2020); the limits are ours.
    """
    attempt = examination.queried
    limit = 0.002 if attempt.n_broken > FEW else 1.0
    return _lowered(attempt, "Square", 0.0, limit)


@check("Noise breaks nothing")
def random_search(examination: Evidence) -> Conclusion:
    """Uniform noise inside the threat model must not break survivors of the white-box attacks.
    Suspicious if 10,000 noise samples for each of up to 100 survivors break one of them; failed if they break more than
    1 % of them.

    Source: Athalye et al. 2018; the share is ours.
    """
    attempt = examination.noised
    share = attempt.n_broken / attempt.n_tried
    verdict = graded(share, 0.0, 0.01)
    evidence = (
        f"{examination.effort.noises:,} noise samples per image break {attempt.n_broken} of {attempt.n_tried} "
        "survivors of the white-box attacks."
    )
    values = {"broken": attempt.n_broken, "tried": attempt.n_tried, "noises": examination.effort.noises}
    return Conclusion(verdict, evidence, values)


@check("Transfer from another network")
def transfer(examination: Evidence) -> Conclusion:
    """Adversarial images made with PGD on another Std run must not break survivors of the white-box attacks.
    Failed if robust accuracy on them is below robust accuracy under the white-box attacks; suspicious if they alone
    break more than 0.5 % of the images.

    Source: Carlini et al. 2019; the share is ours.
    """
    moved, own = examination.transferred, examination.white_box
    n, alone = len(own), int((own & ~moved).sum())
    verdict = "failed" if moved.sum() < own.sum() else graded(alone / n, 0.005, 1.0)
    name = examination.reference_name
    evidence = (
        f"Robust accuracy is {moved.mean():.4g} on images made on {name} and {own.mean():.4g} under the white-box "
        f"attacks; the transferred images alone break {alone} of {n} images."
    )
    values = {"transfer": float(moved.mean()), "white_box": float(own.mean()), "transfer_alone": alone, "images": n}
    return Conclusion(verdict, evidence, values)


def _lowered(attempt: Attempt, name: str, suspicious_above: float, failed_above: float) -> Conclusion:
    evidence = (
        f"{name} breaks {attempt.n_broken} of {attempt.n_tried} survivors of the white-box attacks, "
        f"which lowers robust accuracy by {attempt.lowers:.4g} from {attempt.share:.4g}."
    )
    values = {
        "broken": attempt.n_broken,
        "tried": attempt.n_tried,
        "white_box": attempt.share,
        "lowers": attempt.lowers,
    }
    return Conclusion(graded(attempt.lowers, suspicious_above, failed_above), evidence, values)
