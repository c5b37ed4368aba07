"""Our attack configurations, run by torchattacks: the only file that imports it.

What the library does differently from the papers, or differently from batch to batch, is corrected here and in `victim`
and `carlini_wagner`: losses are means over the batch, noise comes from the global generator, CW stops on the cost of
the whole batch, FAB stops at the first class that works, DeepFool ends on the boundary.
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
    """What the library finds: (K*B, C, H, W), not yet projected.

    Args:
        budget: the ball; None for an attack that minimizes.
        seed: of an attack that works alone; the others draw from `MemberNoise`.
    """
    classes = victim.class_count(images) if attack.works_alone else 0
    if attack.works_alone and classes < attack.fewest_classes:
        expected = f"{attack.fewest_classes} classes or more for {attack.name}"
        raise InputError(expected, classes, "Choose another attack.")
    pixels = budget.pixel_budget(std) if budget else (0.0,)
    eps = images.new_tensor(pixels).view(1, -1, 1, 1)
    return _library_attack(victim, attack, eps, max(pixels), classes, seed)(images, labels)


def _library_attack(victim: Victim, attack: AttackConfig, eps: Any, radius: Any, classes: int, seed: int) -> Attack:
    """The library's attack on a victim, as a function of images and labels.

    Args:
        eps: (1, C, 1, 1), budget of a pixel of each channel; 0 for an attack that minimizes.
        radius: the largest of them, in double precision.
        classes: of the network; known for attacks that work alone.
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
            # A ball in normalized units is an ellipsoid in pixels: ascend along its metric in the smallest ball
            # around it; the caller projects. Both are the same where all channels have one std.
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
    """The nearest of what is found for each class; the library alone would stop at the first class that works."""
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
    """Half of the overshoot belongs to each step, half to the whole way: in a linear network together as published.

    With the library's alone images end on the boundary, where the next rounding decides: half of them were no longer
    adversarial in another batch. Where a gradient is zero it divides by it: such an image stays as it is, and that it
    became no number on the way says nothing of the network.
    """
    factor = (1.0 + attack.overshoot) ** 0.5
    view = victim.without_memory().seen_through(as_they_are)
    found = torchattacks.DeepFool(view, steps=attack.steps, overshoot=factor - 1.0)(images, labels)
    beyond = (images + factor * (found - images)).clamp(0.0, 1.0)
    whole = beyond.where(beyond.isfinite().flatten(1).all(dim=1).view(-1, 1, 1, 1), images)
    victim.predictions(whole)  # notes whether the network is finite there
    return whole
