"""Attack configurations run by torchattacks; the only file that imports it.

This file, `victim` and `carlini_wagner` correct where the library differs from the papers, or where results depend on
the batch: losses are means over the batch, noise comes from the global generator, CW stops on the cost of the whole
batch, FAB stops at the first class that works, and DeepFool ends on the boundary.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import torch
import torchattacks
from torch import Tensor

from engine.attacks import configs
from engine.attacks.attack_config import AttackConfig
from engine.attacks.carlini_wagner import EveryStep, away_from_edges, positive_logits, smallest_perturbation
from engine.attacks.threat import ThreatModel
from engine.attacks.victim import Victim, as_they_are, steeply, sum_of_losses
from engine.errors import InputError

Attack = Callable[[Tensor, Tensor], Tensor]


def search(
    victim: Victim,
    images: Tensor,
    labels: Tensor,
    attack: AttackConfig,
    budget: ThreatModel | None,
    std: Sequence[float],
    seed: int,
) -> Tensor:
    """Adversarial images of the library: (K*B, C, H, W), not yet projected.

    Args:
        budget: the ball to search; None for an attack that minimizes.
        seed: seed of an attack with `works_alone`; other attacks draw from `MemberNoise`.
    """
    classes = victim.class_count(images) if attack.works_alone else 0
    if attack.works_alone and classes < attack.fewest_classes:
        expected = f"at least {attack.fewest_classes} classes for {attack.name}"
        raise InputError(expected, classes, "Choose another attack.")
    pixels = budget.pixel_budget(std) if budget else (0.0,)
    eps = images.new_tensor(pixels).view(1, -1, 1, 1)
    return _library_attack(victim, attack, eps, max(pixels), classes, seed)(images, labels)


def _library_attack(victim: Victim, attack: AttackConfig, eps: Any, radius: Any, classes: int, seed: int) -> Attack:
    """The library's attack on a victim, as a function of images and labels.

    Args:
        eps: (1, C, 1, 1), budget of a pixel per channel; 0 for an attack that minimizes.
        radius: largest budget of a channel, in double precision.
        classes: number of classes; 0 unless the attack has `works_alone`.
    """
    whole, summed = victim.seen_through(as_they_are), victim.seen_through(sum_of_losses)
    match attack:
        case configs.FGSM():
            return torchattacks.FGSM(summed, eps=eps)
        case configs.PGD(steps=steps, step_size=step, random_start=start):
            return torchattacks.PGD(summed, eps=eps, alpha=step * eps, steps=steps, random_start=start)
        case configs.MIFGSM(steps=steps, step_size=step, decay=decay):
            return torchattacks.MIFGSM(summed, eps=eps, alpha=step * eps, steps=steps, decay=decay)
        case configs.LinfBIM(steps=steps, step_size=step):
            return torchattacks.BIM(summed, eps=eps, alpha=step * eps, steps=steps)
        case configs.L2BIM(steps=steps, step_size=step):
            # A ball in normalized units is an ellipsoid in pixels. Ascend along its metric in the smallest enclosing
            # ball; the caller projects onto the ellipsoid. Both are equal if all channels have the same std.
            view = victim.seen_through(steeply, metric=(eps / radius).square())
            return torchattacks.PGDL2(view, eps=radius, alpha=step * radius, steps=steps, random_start=False)
        case configs.APGD(name=name, steps=steps, restarts=restarts):
            loss = name.removeprefix("apgd-")
            return torchattacks.APGD(whole, eps=eps, steps=steps, n_restarts=restarts, seed=seed, loss=loss)
        case configs.TargetedAPGD(steps=steps, restarts=restarts):
            tried = min(attack.targets + 1, classes)
            return torchattacks.APGDT(whole, eps=eps, steps=steps, n_restarts=restarts, seed=seed, n_classes=tried)
        case configs.Square(queries=queries, restarts=restarts):
            options = {"n_queries": queries, "n_restarts": restarts, "seed": seed, "resc_schedule": False}
            return torchattacks.Square(whole, eps=eps, **options)
        case configs.CarliniWagner():
            return partial(_carlini_wagner, victim, attack)
        case configs.FAB():
            return partial(_fab, victim, attack, classes)
        case configs.DeepFool():
            return partial(_deepfool, victim, attack)
    raise NotImplementedError(f"no case of the adapter for {type(attack).__name__}")


def _carlini_wagner(victim: Victim, attack: configs.CarliniWagner, images: Tensor, labels: Tensor) -> Tensor:
    start = away_from_edges(images)

    def minimize(c: Tensor) -> Tensor:
        view = victim.seen_through(lambda logits: positive_logits(logits, c))
        inner = torchattacks.CW(view, c=1, kappa=0, steps=EveryStep(attack.steps), lr=attack.learning_rate)
        return inner(start, labels).detach()

    def is_misclassified(candidates: Tensor) -> Tensor:
        return victim.predictions(candidates) != labels

    return smallest_perturbation(minimize, is_misclassified, images, attack.search_rounds, attack.initial_c)


def _fab(victim: Victim, attack: configs.FAB, classes: int, images: Tensor, labels: Tensor) -> Tensor:
    """The nearest adversarial image of all target classes; the library stops at the first class that works."""
    inner = torchattacks.FAB(victim.seen_through(as_they_are), steps=attack.steps, multi_targeted=True)
    best, best_size = images.clone(), images.new_full((len(images),), torch.inf)
    for rank in range(2, min(attack.targets + 1, classes) + 1):
        inner.target_class = rank
        found = inner.attack_single_run_targeted(images, labels).to(images.dtype)
        size = (found - images).flatten(1).abs().amax(dim=1)
        better = (victim.predictions(found) != labels) & (size < best_size)
        best_size = size.where(better, best_size)
        best = found.where(better.view(-1, 1, 1, 1), best)
    return best


def _deepfool(victim: Victim, attack: configs.DeepFool, images: Tensor, labels: Tensor) -> Tensor:
    """DeepFool with half of the overshoot on each step and half on the total perturbation.

    In a linear network this equals the published overshoot. With the library's version, images end on the boundary:
    in another batch, half of them were no longer adversarial because of rounding. The library divides by a zero
    gradient; such an image stays clean, and the resulting NaN does not mark the network as not finite.
    """
    factor = (1.0 + attack.overshoot) ** 0.5
    view = victim.without_memory().seen_through(as_they_are)
    found = torchattacks.DeepFool(view, steps=attack.steps, overshoot=factor - 1.0)(images, labels)
    beyond = (images + factor * (found - images)).clamp(0.0, 1.0)
    whole = beyond.where(beyond.isfinite().flatten(1).all(dim=1).view(-1, 1, 1, 1), images)
    victim.predictions(whole)  # records whether the network is finite there
    return whole
