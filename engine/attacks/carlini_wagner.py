"""Carlini & Wagner's binary search over c, for each sample separately (S&P 2017, section VI).

    minimize ||x' - x||_2^2 + c * max(z_y(x') - max_{j != y} z_j(x'), 0)

The caller passes the inner minimization for a given c; this file chooses the next c and keeps the best result.
"""

from collections.abc import Callable

import torch
from torch import Tensor

EDGE = 5e-7


def away_from_edges(images: Tensor) -> Tensor:
    """Images in [5e-7, 1 - 5e-7]: in tanh space, a pixel of exactly 0 or 1 is at infinity and never moves."""
    return images.clamp(EDGE, 1.0 - EDGE)


def positive_logits(logits: Tensor, c: Tensor) -> Tensor:
    """c_i * (z_i - min z_i + 1): (n, classes) logits with the hinge scaled by each sample's c (n,).

    The shift keeps margins unchanged and every logit positive. torchattacks' CW requires this: it assumes that the
    largest other logit is at least 0. The hinge is homogeneous, so scaling the logits gives each sample its own c.
    """
    return c.unsqueeze(1) * (logits - logits.detach().amin(dim=1, keepdim=True) + 1.0)


def smallest_perturbation(
    minimize: Callable[[Tensor], Tensor],
    is_misclassified: Callable[[Tensor], Tensor],
    images: Tensor,
    rounds: int,
    initial_c: float,
) -> Tensor:
    """The closest misclassified image of all rounds, or the clean image if none was found.

    After a success, c moves halfway to the largest c that failed. After a failure, c moves halfway to the smallest c
    that succeeded, or is multiplied by 10 if none has.

    Args:
        minimize: c (n,) -> candidates (n, C, H, W).
        is_misclassified: candidates -> (n,) bool.
        images: (n, C, H, W).
    """
    c = images.new_full((len(images),), initial_c)
    lower, upper, best_size = torch.zeros_like(c), torch.full_like(c, torch.inf), torch.full_like(c, torch.inf)
    best = images.clone()
    for _ in range(rounds):
        candidates = minimize(c)
        success = is_misclassified(candidates)
        size = (candidates - images).flatten(1).norm(dim=1)
        better = success & (size < best_size)
        best_size = size.where(better, best_size)
        best = candidates.where(better.view(-1, 1, 1, 1), best)
        upper = c.where(success, upper)
        lower = lower.where(success, c)
        c = ((lower + upper) / 2).where(upper.isfinite(), c * 10.0)
    return best


class EveryStep(int):
    """Number of steps that disables the early stopping of torchattacks' CW.

    Its loop tests `step % max(steps // 10, 1) == 0` and then stops if the cost of the whole batch has risen. A sample's
    result would depend on the rest of the batch. Here `steps // 10` is this object, and no `step` is a multiple of it.
    """

    def __floordiv__(self, other: int) -> "EveryStep":
        return self

    def __rmod__(self, other: int) -> int:
        return 1
