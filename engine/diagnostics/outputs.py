"""Logits of a network on clean images, and the gradients of its loss there."""

import numpy as np
import torch
from torch.nn.functional import cross_entropy

from engine.robustness.attack_session import AttackSession


def repeated_logits(session: AttackSession, passes: int) -> np.ndarray:
    """(passes, n, classes) logits of the clean images, one forward pass after the other."""
    return np.stack([session.logits(session.images).numpy(force=True) for _ in range(passes)])


def gradient_sizes(session: AttackSession) -> np.ndarray:
    """(n,) float32, largest absolute component of the gradient of the cross-entropy at each clean image."""
    sizes = []
    for batch in session.batches:
        pixels = session.tensor(session.images[batch]).requires_grad_()
        loss = cross_entropy(session.network(pixels), session.tensor(session.labels[batch]), reduction="sum")
        gradient = torch.autograd.grad(loss, pixels)[0]
        sizes.append(gradient.flatten(1).abs().amax(dim=1).float().numpy(force=True))
    return np.concatenate(sizes)
