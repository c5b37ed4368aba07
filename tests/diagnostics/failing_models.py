"""Networks whose robust accuracy cannot be trusted, each for one known reason."""

import torch
from torch import Tensor, nn


class Scaled(nn.Module):
    """Logits multiplied by a number: the predictions are the same, and the softmax has no gradients."""

    factor: Tensor

    def __init__(self, network: nn.Module, factor: float) -> None:
        super().__init__()
        self.network = network
        self.register_buffer("factor", torch.tensor(factor), persistent=False)

    def forward(self, images: Tensor) -> Tensor:
        return self.network(images) * self.factor


class Quantized(nn.Module):
    """Images rounded to a few gray levels; the gradient of rounding is zero where it exists."""

    levels: Tensor

    def __init__(self, network: nn.Module, levels: int) -> None:
        super().__init__()
        self.network = network
        self.register_buffer("levels", torch.tensor(levels - 1.0), persistent=False)

    def forward(self, images: Tensor) -> Tensor:
        return self.network((images * self.levels).round() / self.levels)


class Steep(nn.Module):
    """Two gray levels from a sigmoid so steep that its gradient vanishes away from the threshold."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, images: Tensor) -> Tensor:
        return self.network(torch.sigmoid(2000.0 * (images - 0.5)))


class Noisy(nn.Module):
    """Logits with new noise at each pass."""

    def __init__(self, network: nn.Module, size: float) -> None:
        super().__init__()
        self.network, self.size = network, size

    def forward(self, images: Tensor) -> Tensor:
        logits = self.network(images)
        return logits + self.size * torch.randn_like(logits)


class Probabilities(nn.Module):
    """Probabilities instead of logits."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, images: Tensor) -> Tensor:
        return self.network(images).softmax(dim=1)


class Collapsed(nn.Module):
    """Constant logits, as of a network with only dead units."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, images: Tensor) -> Tensor:
        logits = 0.0 * self.network(images)
        return logits + torch.arange(logits.shape[1], dtype=logits.dtype)


class Overshot(nn.Module):
    """Two classes by mean brightness u, wrong only for 0.03 < u - 1/2 < 0.07; the gradient leads through this band.

    z = (0, v(u)),  v = -1 in the band and 1 outside,  dv/du = -1 everywhere
    """

    def __init__(self) -> None:
        super().__init__()
        self.slope = nn.Parameter(torch.tensor(1.0))

    def forward(self, images: Tensor) -> Tensor:
        offset = images.flatten(1).mean(dim=1) - 0.5
        value = torch.where((offset > 0.03) & (offset < 0.07), -1.0, 1.0) - self.slope * (offset - offset.detach())
        return torch.stack([torch.zeros_like(value), value], dim=1)
