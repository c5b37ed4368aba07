"""The robustness probe: accuracy under one cheap attack during training."""

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
    """(K,) float64 accuracy of each member on attacked images; NaN for a member whose logits are not finite.

    Random state, gradients and modes are restored. Every call uses the same random starts, so a curve over training
    changes only because the model changes.

    Args:
        images, labels: (n, C, H, W) in [0, 1] and (n,), on the stack's device; shared by the members.
    """
    repeated, truth = images.repeat(stack.size, 1, 1, 1), labels.repeat(stack.size)
    seeds = [derive_seed("probe", seed)] * stack.size
    adversarial, finite = perturb_members(stack, repeated, truth, attack, threat, std, seeds)
    with torch.no_grad():
        correct = (stack(adversarial).argmax(dim=1) == truth).view(stack.size, -1)
    return correct.double().mean(dim=1).where(finite, torch.nan).numpy(force=True)
