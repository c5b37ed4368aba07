"""What an attack library is given in place of a stack, so that neither can harm the other."""

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

    The copy keeps gradients and modes of the caller's stack untouched. `interrupted` is called before each forward
    pass and may raise.
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
        """The stack's own logits, in the images' type: FAB goes on in float32 whatever it was given.

        Remembers in `finite` (K,) whose were numbers, without waiting for the device.
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
        """The victim as an attack is to see it, as in `View`."""
        return View(self, readout, metric)

    def without_memory(self) -> Victim:
        """A copy whose `finite` is its own."""
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
    """The same values; the gradient that comes back through them is multiplied by a number or tensor."""
    result = _GradientTimes.apply(values, factor)
    assert isinstance(result, Tensor)
    return result


def sum_of_losses(logits: Tensor) -> Tensor:
    """The same logits, for which a mean loss over the batch has the gradient of a sum: its size has no influence."""
    return gradient_times(logits, len(logits))


def steeply(logits: Tensor) -> Tensor:
    """A hundred million times the gradient: PGDL2 adds 1e-10 to its norm, which is not small where a model is sure."""
    return gradient_times(logits, 1e8 * len(logits))


def as_they_are(logits: Tensor) -> Tensor:
    """For attacks that sum their losses themselves, or compare gradients with logits."""
    return logits


class MemberNoise(TorchFunctionMode):
    """While active, `torch.empty_like(x).uniform_(low, high)` on (K*B, ...) draws from one seed per member.

    torchattacks draws so from the global generator, whose numbers depend on who shares the stack. And `uniform_` itself
    takes numbers only, while the bounds of a ball in normalized units are tensors, one value per channel.
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
        """A plain tensor of this shape. Drawn on the CPU in float32: a member starts equally on every device."""
        shape = (len(self) // len(self.generators), *self.shape[1:])
        unit = torch.cat([torch.rand(shape, generator=generator, device="cpu") for generator in self.generators])
        return low + (high - low) * unit.to(self.device, self.dtype)
