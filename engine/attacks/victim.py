"""Victim: the copy of a stack that an attack library receives."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from engine.models.stack import Stack

Readout = Callable[[Tensor], Tensor]


class Victim(nn.Module):
    """A frozen copy of a stack as one classifier: (K*B, C, H, W) -> (K*B, classes).

    The copy protects gradients and modes of the caller's stack. `interrupted` is called before each forward pass and
    may raise.
    """

    def __init__(self, stack: Stack, interrupted: Callable[[], None] | None = None) -> None:
        super().__init__()
        self.stack = stack.select(range(stack.size))
        self.interrupted = interrupted
        reference = next(stack.parameters())
        self.dtype = reference.dtype
        self.finite = torch.ones(stack.size, dtype=torch.bool, device=reference.device)
        self.eval()

    def forward(self, images: Tensor) -> Tensor:
        """The stack's logits in the dtype of the images, since FAB continues in float32 with any input.

        Updates `finite` (K,), the members with finite logits, without synchronizing the device.
        """
        if self.interrupted is not None:
            self.interrupted()
        logits = self.stack(images.to(self.dtype)).to(images.dtype)
        self.finite &= logits.detach().isfinite().view(len(self.finite), -1).all(dim=1)
        return logits

    def predictions(self, images: Tensor) -> Tensor:
        """(K*B,) classes."""
        with torch.no_grad():
            return self(images).argmax(dim=1)

    def class_count(self, images: Tensor) -> int:
        """Number of classes; costs a forward pass of one image."""
        with torch.no_grad():
            return self(images[:1]).shape[1]

    def seen_through(self, readout: Readout, metric: Tensor | float = 1.0) -> View:
        """The victim with a transformed output, see `View`."""
        return View(self, readout, metric)

    def without_memory(self) -> Victim:
        """A copy with a separate `finite`."""
        return Victim(self.stack, self.interrupted)


class View(nn.Module):
    """A victim whose logits go through `readout`, and whose gradient at the images is multiplied by `metric`."""

    def __init__(self, victim: Victim, readout: Readout, metric: Tensor | float) -> None:
        super().__init__()
        self.victim, self.readout, self.metric = victim, readout, metric
        self.eval()

    def forward(self, images: Tensor) -> Tensor:
        return self.readout(self.victim(gradient_times(images, self.metric)))


class _GradientTimes(torch.autograd.Function):
    @staticmethod
    def forward(ctx, values: Tensor, factor: Any) -> Tensor:
        ctx.factor = factor
        return values.view_as(values)

    @staticmethod
    def backward(ctx, *gradients: Tensor) -> tuple[Tensor, None]:
        return gradients[0] * ctx.factor, None


def gradient_times(values: Tensor, factor: Any) -> Tensor:
    """The same values; the gradient through them is multiplied by a number or tensor."""
    result = _GradientTimes.apply(values, factor)
    assert isinstance(result, Tensor)
    return result


def sum_of_losses(logits: Tensor) -> Tensor:
    """The same logits; a mean loss over the batch gets the gradient of a sum, so the batch size has no effect."""
    return gradient_times(logits, len(logits))


def steeply(logits: Tensor) -> Tensor:
    """The same logits with a gradient multiplied by 1e8 and the batch size.

    PGDL2 adds 1e-10 to the gradient's norm, which is not negligible where a model is confident.
    """
    return gradient_times(logits, 1e8 * len(logits))


def as_they_are(logits: Tensor) -> Tensor:
    """The same logits, for attacks that sum their losses or compare gradients with logits."""
    return logits


class MemberNoise(TorchFunctionMode):
    """While active, `torch.empty_like(x).uniform_(low, high)` on (K*B, ...) draws from one seed per member.

    torchattacks draws this noise from the global generator, so it would depend on the other members of the stack. Also,
    `uniform_` accepts only numbers, but the bounds of a ball in normalized units are tensors, one value per channel.
    """

    def __init__(self, seeds: Sequence[int]) -> None:
        super().__init__()
        self.generators = [torch.Generator().manual_seed(seed) for seed in seeds]

    def __torch_function__(self, func, types, args=(), kwargs=None):
        result = func(*args, **(kwargs or {}))
        if func is torch.empty_like:
            result = result.as_subclass(_Blank)
            result.generators = self.generators
        return result


class _Blank(Tensor):
    generators: Sequence[torch.Generator]

    def uniform_(self, low: Any = 0.0, high: Any = 1.0) -> Tensor:  # type: ignore[override]
        """A plain tensor of this shape, drawn on the CPU in float32, so a member's start is equal on every device."""
        shape = (len(self) // len(self.generators), *self.shape[1:])
        unit = torch.cat([torch.rand(shape, generator=generator, device="cpu") for generator in self.generators])
        return low + (high - low) * unit.to(self.device, self.dtype)
