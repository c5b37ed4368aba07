"""Adversarial images for a network or a stack of them, inside their budget and finite whatever the library does."""

from collections.abc import Callable, Sequence
from contextlib import nullcontext

import torch
from torch import Tensor, nn

from engine.attacks.attack_config import AttackConfig
from engine.attacks.catalog import attack_threat
from engine.attacks.threat import ThreatModel
from engine.attacks.victim import MemberNoise, Victim
from engine.errors import InputError
from engine.models.stack import Stack


def perturb(
    network: nn.Module,
    images: Tensor,
    labels: Tensor,
    attack: AttackConfig,
    threat: ThreatModel,
    std: Sequence[float],
    seed: int,
    interrupted: Callable[[], None] | None = None,
) -> Tensor:
    """Adversarial images for one network, each inside its budget (an attack that minimizes: inside [0, 1]) and finite.

    A result does not depend on the rest of the batch. Random state, modes and gradients are left as found. A sample
    without any gradient stays where it is, at its clean image in MI-FGSM, and so counts as robust; a logit or gradient
    that is no number never does.

    Args:
        images, labels: (B, C, H, W) in [0, 1] and (B,).
        std: per channel, of the data set.
        seed: of the random numbers.
        interrupted: called before every forward pass; what it raises ends the attack.

    Raises:
        InputError: images outside [0, 1], logits or gradients that are not finite, an attack unfit for the threat.
    """
    stack = Stack.of([network])
    adversarial, finite = perturb_members(stack, images, labels, attack, threat, std, [seed], interrupted)
    refuse_diverged(finite)
    return adversarial


def refuse_diverged(finite: Tensor) -> None:
    """InputError unless all of `finite` is True: the logits and gradients of one network."""
    if not finite.all():
        found = "values that are not finite"
        raise InputError("a model with finite logits and gradients", found, "Leave out models that diverged.")


def perturb_members(
    stack: Stack,
    images: Tensor,
    labels: Tensor,
    attack: AttackConfig,
    threat: ThreatModel,
    std: Sequence[float],
    seeds: Sequence[int],
    interrupted: Callable[[], None] | None = None,
) -> tuple[Tensor, Tensor]:
    """As `perturb` for every member of a stack: images (K*B, C, H, W), and (K,) bool, which members stayed finite.

    A member's result does not depend on who shares the stack; the images of a member that is not finite mean nothing.

    Args:
        images, labels: (K*B, C, H, W) in [0, 1] and (K*B,), member by member.
        seeds: one for each member.
    """
    from engine.attacks.torchattacks_adapter import search  # torchattacks loads torchvision, which takes a second

    budget = attack_threat(attack, threat)
    images, labels = images.detach(), labels.long()
    _check(images, labels, stack.size, len(seeds))
    victim = Victim(stack, interrupted)
    if len(images) == 0 or (budget is not None and max(budget.pixel_budget(std)) < torch.finfo(images.dtype).tiny):
        return images.clone(), victim.finite
    if attack.works_alone and stack.size > 1:
        return _one_by_one(stack, images, labels, attack, threat, std, seeds, interrupted)
    forked = [images.device] if images.is_cuda else []
    # images.device: CW builds its one-hot labels on the default device and indexes them with labels on this one. Both
    # that and the noise look at every single operation, which costs as much as a small network does.
    device = images.device if images.is_cuda else nullcontext()
    noise = nullcontext() if attack.works_alone else MemberNoise(seeds)
    with torch.random.fork_rng(forked), torch.enable_grad(), device, noise:
        adversarial = search(victim, images, labels, attack, budget, std, seeds[0])
    adversarial = adversarial.detach()
    finite = victim.finite & adversarial.isfinite().view(stack.size, -1).all(dim=1)
    return adversarial if budget is None else budget.project(images, adversarial, std), finite


def _one_by_one(
    stack: Stack,
    images: Tensor,
    labels: Tensor,
    attack: AttackConfig,
    threat: ThreatModel,
    std: Sequence[float],
    seeds: Sequence[int],
    interrupted: Callable[[], None] | None,
) -> tuple[Tensor, Tensor]:
    parts = [
        perturb_members(stack.select([k]), own_images, own_labels, attack, threat, std, [seeds[k]], interrupted)
        for k, (own_images, own_labels) in enumerate(
            zip(images.chunk(stack.size), labels.chunk(stack.size), strict=True)
        )
    ]
    return torch.cat([found for found, _ in parts]), torch.cat([finite for _, finite in parts])


def _check(images: Tensor, labels: Tensor, members: int, seeds: int) -> None:
    if len(labels) != len(images) or len(images) % members or seeds != members:
        got = f"{len(images)} images, {len(labels)} labels and {seeds} seeds for {members} members"
        raise InputError("as many labels as images, equally many of each member, a seed of each", got, "Pass these.")
    if len(images) and not bool(((images >= 0.0) & (images <= 1.0)).all()):
        low, high = images.min().item(), images.max().item()
        raise InputError("images in [0, 1]", f"values from {low:.3g} to {high:.3g}", "Normalize inside the model.")
