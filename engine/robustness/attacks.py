"""Adversarial images for a whole stack: the six attacks, run by torchattacks.

The only file that imports torchattacks; EVALUATION.md's traps are closed here and in `victim` and `carlini_wagner`.
"""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from engine.errors import InputError
from engine.models.stack import Stack
from engine.robustness.carlini_wagner import EveryStep, away_from_edges, positive_logits, smallest_perturbation
from engine.robustness.protocol import FGSM, L2BIM, MIFGSM, PGD, AttackConfig, CarliniWagner, LinfBIM, attack_threat
from engine.robustness.threat import ThreatModel
from engine.robustness.victim import MemberNoise, Victim


def perturb(
    stack: Stack,
    images: Tensor,
    labels: Tensor,
    attack: AttackConfig,
    threat: ThreatModel,
    std: Sequence[float],
    seeds: Sequence[int],
    interrupted: Callable[[], None] | None = None,
) -> Tensor:
    """Adversarial images, each inside its budget (for cw: inside [0, 1]) and finite.

    A member's result does not depend on who shares the stack or the batch. Random state, modes and gradients are left
    as found. A sample without any gradient stays where it is, at its clean image in MI-FGSM, and so counts as robust;
    a logit or gradient that is no number never does.

    Args:
        images, labels: (K*B, C, H, W) in [0, 1] and (K*B,), member by member.
        std: per channel, of the data set.
        seeds: one for each member, of its random start.
        interrupted: called before every forward pass; what it raises ends the attack.

    Raises:
        InputError: images outside [0, 1], logits or gradients that are not finite, an attack unfit for the threat.
    """
    adversarial, finite = perturb_members(stack, images, labels, attack, threat, std, seeds, interrupted)
    refuse_diverged(finite)
    return adversarial


def refuse_diverged(finite: Tensor) -> None:
    """InputError that names the members for which `finite` (K,) is False."""
    if not finite.all():
        broken = ", ".join(map(str, (~finite).nonzero().flatten().tolist()))
        remedy = "Leave out models that diverged."
        raise InputError("models with finite logits and gradients", f"others (member {broken})", remedy)


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
    """As `perturb`, but says in (K,) bool which members stayed finite; the images of others mean nothing."""
    budget = attack_threat(attack, threat)
    images, labels = images.detach(), labels.long()
    _check(images, labels, stack.size, len(seeds))
    victim = Victim(stack, interrupted)
    if len(images) == 0 or (budget is not None and budget.epsilon == 0.0):
        return images.clone(), victim.finite
    forked = [images.device] if images.is_cuda else []
    # images.device: CW builds its one-hot labels on the default device and indexes them with labels on this one.
    with torch.random.fork_rng(forked), torch.enable_grad(), images.device, MemberNoise(seeds):
        adversarial = _search(victim, images, labels, attack, budget, std)
    adversarial = adversarial.detach()
    finite = victim.finite & adversarial.isfinite().view(stack.size, -1).all(dim=1)
    return adversarial if budget is None else budget.project(images, adversarial, std), finite


def _search(
    victim: Victim,
    images: Tensor,
    labels: Tensor,
    attack: AttackConfig,
    budget: ThreatModel | None,
    std: Sequence[float],
) -> Tensor:
    import torchattacks

    if isinstance(attack, CarliniWagner):
        return _carlini_wagner(victim, images, labels, attack)
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
            run = torchattacks.PGDL2(victim, eps=radius, alpha=step * radius, steps=steps, random_start=False)
    return run(images, labels)


def _carlini_wagner(victim: Victim, images: Tensor, labels: Tensor, attack: CarliniWagner) -> Tensor:
    import torchattacks

    start = away_from_edges(images)
    inner = torchattacks.CW(victim, c=1, kappa=0, steps=EveryStep(attack.steps), lr=attack.learning_rate)

    def minimize(c: Tensor) -> Tensor:
        victim.readout = lambda logits: positive_logits(logits, c)
        return inner(start, labels).detach()

    def is_misclassified(candidates: Tensor) -> Tensor:
        with torch.no_grad():
            return victim.logits(candidates).argmax(dim=1) != labels

    return smallest_perturbation(minimize, is_misclassified, images, attack.search_rounds, attack.initial_c)


def _check(images: Tensor, labels: Tensor, members: int, seeds: int) -> None:
    if len(labels) != len(images) or len(images) % members or seeds != members:
        got = f"{len(images)} images, {len(labels)} labels and {seeds} seeds for {members} members"
        raise InputError("as many labels as images, equally many of each member, a seed of each", got, "Pass them so.")
    if len(images) and not bool(((images >= 0.0) & (images <= 1.0)).all()):
        low, high = images.min().item(), images.max().item()
        raise InputError("images in [0, 1]", f"values from {low:.3g} to {high:.3g}", "Normalize inside the model.")
