"""Adversarial images for a network or a stack of networks, always finite and inside their budget."""

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
    """Adversarial images for one network: finite, and inside the budget, or inside [0, 1] if the attack minimizes.

    The result for a sample does not depend on the rest of the batch. Random state, modes and gradients are restored. A
    sample whose gradient is zero does not move (in MI-FGSM it stays at its clean image) and counts as robust. Logits
    and gradients that are not finite raise an error.

    Args:
        images, labels: (B, C, H, W) in [0, 1] and (B,).
        std: standard deviation of the data set, per channel.
        seed: seed of the attack's random numbers.
        interrupted: called before every forward pass; an exception it raises ends the attack.

    Raises:
        InputError: images outside [0, 1], logits or gradients that are not finite, or an attack unfit for the threat.
    """
    stack = Stack.of([network])
    adversarial, finite = perturb_members(stack, images, labels, attack, threat, std, [seed], interrupted)
    refuse_diverged(finite)
    return adversarial


def refuse_diverged(finite: Tensor) -> None:
    """InputError unless all of `finite` is True, which states that logits and gradients of a network are finite."""
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
    """`perturb` for every member of a stack: images (K*B, C, H, W), and (K,) bool, the members that stayed finite.

    A member's result does not depend on the other members. The images of a member that is not finite are meaningless.

    Args:
        images, labels: (K*B, C, H, W) in [0, 1] and (K*B,), member by member.
        seeds: one per member.
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
    # images.device: CW builds its one-hot labels on the default device and indexes them with labels on this one. This
    # context and the noise intercept every operation, which costs as much as a small network.
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
        expected = "one label per image, equally many images per member, and one seed per member"
        raise InputError(expected, got, "Pass arrays of matching lengths.")
    if len(images) and not bool(((images >= 0.0) & (images <= 1.0)).all()):
        low, high = images.min().item(), images.max().item()
        raise InputError(
            "images in [0, 1]",
            f"values from {low:.3g} to {high:.3g}",
            "Pass pixels in [0, 1], and normalize inside the model.",
        )
