"""Our attack configurations, run by torchattacks: the only file that imports it.

EVALUATION.md's traps are closed here and in `victim` and `carlini_wagner`.
"""

from collections.abc import Sequence
from typing import Any

import torch
import torchattacks
from torch import Tensor

from engine.attacks.carlini_wagner import EveryStep, away_from_edges, positive_logits, smallest_perturbation
from engine.attacks.configs import (
    APGD,
    FAB,
    FGSM,
    L2BIM,
    MIFGSM,
    PGD,
    AttackConfig,
    CarliniWagner,
    DeepFool,
    LinfBIM,
    Square,
    TargetedAPGD,
)
from engine.attacks.threat import ThreatModel
from engine.attacks.victim import Victim, as_they_are, steeply
from engine.errors import InputError

FEWEST_CLASSES = {"apgd-dlr": 3, "apgd-t": 4}
"""The ratio losses compare the first with the third largest logit, the targeted one with the fourth too."""


def search(
    victim: Victim,
    images: Tensor,
    labels: Tensor,
    attack: AttackConfig,
    budget: ThreatModel | None,
    std: Sequence[float],
    seed: int,
) -> Tensor:
    """What the library finds: (K*B, C, H, W), not yet projected.

    Args:
        budget: the ball; None for an attack that minimizes.
        seed: of an attack that works alone; the others draw from `MemberNoise`.
    """
    if isinstance(attack, CarliniWagner):
        return _carlini_wagner(victim, images, labels, attack)
    classes = _class_count(victim, images) if attack.works_alone else 0
    if classes < (fewest := FEWEST_CLASSES.get(attack.name, 0)):
        raise InputError(f"{fewest} classes or more for {attack.name}", classes, "Choose another attack.")
    if attack.works_alone:
        victim.readout = as_they_are
    if isinstance(attack, FAB):
        return _fab(victim, images, labels, attack, classes)
    if isinstance(attack, DeepFool):
        return _deepfool(victim, images, labels, attack)
    assert budget is not None
    per_channel: Any = images.new_tensor(budget.pixel_budget(std)).view(1, -1, 1, 1)
    match attack:
        case FGSM():
            run = torchattacks.FGSM(victim, eps=per_channel)
        case PGD(steps=steps, step_size=step, random_start=start):
            run = torchattacks.PGD(victim, eps=per_channel, alpha=step * per_channel, steps=steps, random_start=start)
        case MIFGSM(steps=steps, step_size=step, decay=decay):
            run = torchattacks.MIFGSM(victim, eps=per_channel, alpha=step * per_channel, steps=steps, decay=decay)
        case LinfBIM(steps=steps, step_size=step):
            run = torchattacks.BIM(victim, eps=per_channel, alpha=step * per_channel, steps=steps)
        case L2BIM(steps=steps, step_size=step):
            # A ball in normalized units is an ellipsoid in pixels: ascend along its metric in the smallest ball
            # around it; the caller projects. Both are the same where all channels have one std.
            radius = max(budget.pixel_budget(std))
            victim.metric = (per_channel / radius).square()
            victim.readout = steeply
            run = torchattacks.PGDL2(victim, eps=radius, alpha=step * radius, steps=steps, random_start=False)
        case APGD(name=name, steps=steps, restarts=restarts):
            loss = name.removeprefix("apgd-")
            run = torchattacks.APGD(victim, eps=per_channel, steps=steps, n_restarts=restarts, seed=seed, loss=loss)
        case TargetedAPGD(steps=steps, restarts=restarts, targets=targets):
            run = torchattacks.APGDT(
                victim,
                eps=per_channel,
                steps=steps,
                n_restarts=restarts,
                seed=seed,
                n_classes=min(targets + 1, classes),
            )
        case Square(queries=queries, restarts=restarts):
            run = torchattacks.Square(
                victim, eps=per_channel, n_queries=queries, n_restarts=restarts, seed=seed, resc_schedule=False
            )
    return run(images, labels)


def _carlini_wagner(victim: Victim, images: Tensor, labels: Tensor, attack: CarliniWagner) -> Tensor:
    start = away_from_edges(images)
    inner = torchattacks.CW(victim, c=1, kappa=0, steps=EveryStep(attack.steps), lr=attack.learning_rate)

    def minimize(c: Tensor) -> Tensor:
        victim.readout = lambda logits: positive_logits(logits, c)
        return inner(start, labels).detach()

    def is_misclassified(candidates: Tensor) -> Tensor:
        return _predictions(victim, candidates) != labels

    return smallest_perturbation(minimize, is_misclassified, images, attack.search_rounds, attack.initial_c)


def _fab(victim: Victim, images: Tensor, labels: Tensor, attack: FAB, classes: int) -> Tensor:
    """The nearest of what is found for each class; the library alone would stop at the first class that works."""
    inner = torchattacks.FAB(victim, steps=attack.steps, multi_targeted=True)
    best, best_size = images.clone(), images.new_full((len(images),), torch.inf)
    for rank in range(2, min(attack.targets + 1, classes) + 1):
        inner.target_class = rank
        found = inner.attack_single_run_targeted(images, labels).to(images.dtype)
        size = (found - images).flatten(1).abs().amax(dim=1)
        better = (_predictions(victim, found) != labels) & (size < best_size)
        best_size = size.where(better, best_size)
        best = found.where(better.view(-1, 1, 1, 1), best)
    return best


def _deepfool(victim: Victim, images: Tensor, labels: Tensor, attack: DeepFool) -> Tensor:
    """Half of the overshoot belongs to each step, half to the whole way: in a linear network together as published.

    With the library's alone images end on the boundary, where the next rounding decides: half of them were no longer
    adversarial in another batch. Where a gradient is zero it divides by it: such an image stays as it is, and that it
    became no number on the way says nothing of the network.
    """
    factor, finite = (1.0 + attack.overshoot) ** 0.5, victim.finite.clone()
    found = torchattacks.DeepFool(victim, steps=attack.steps, overshoot=factor - 1.0)(images, labels)
    beyond = (images + factor * (found - images)).clamp(0.0, 1.0)
    victim.finite = finite
    whole = beyond.where(beyond.isfinite().flatten(1).all(dim=1).view(-1, 1, 1, 1), images)
    _predictions(victim, whole)
    return whole


def _predictions(victim: Victim, images: Tensor) -> Tensor:
    with torch.no_grad():
        return victim.logits(images).argmax(dim=1)


def _class_count(victim: Victim, images: Tensor) -> int:
    with torch.no_grad():
        return victim.logits(images[:1]).shape[1]
