"""The light robustness probe: accuracy under one cheap attack, while a run trains."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from engine.attacks.attack_config import AttackConfig
from engine.attacks.perturb import perturb_members
from engine.attacks.threat import ThreatModel
from engine.models.stack import Stack
from engine.seeds import derive_seed


def probed_accuracy(
    stack: Stack,
    images: Tensor,
    labels: Tensor,
    attack: AttackConfig,
    threat: ThreatModel,
    std: Sequence[float],
    seed: int,
) -> np.ndarray:
    """(K,) float64 accuracy of each member on attacked images, NaN for one whose logits are not finite.

    Leaves no trace: random state, gradients and modes are as before. Every call starts from the same random points,
    so a curve over training moves only because the model does.

    Args:
        images, labels: (n, C, H, W) in [0, 1] and (n,), on the stack's device; shared by the members.
    """
    repeated, truth = images.repeat(stack.size, 1, 1, 1), labels.repeat(stack.size)
    seeds = [derive_seed("probe", seed)] * stack.size
    adversarial, finite = perturb_members(stack, repeated, truth, attack, threat, std, seeds)
    with torch.no_grad():
        correct = (stack(adversarial).argmax(dim=1) == truth).view(stack.size, -1)
    return correct.double().mean(dim=1).where(finite, torch.nan).numpy(force=True)
