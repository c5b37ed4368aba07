"""Networks whose robust accuracy is not to be trusted, each for one known reason."""

import torch
from torch import Tensor, nn


class Scaled(nn.Module):
    """Logits times a number: the same predictions, and a softmax without gradients."""

    factor: Tensor

    def __init__(self, network: nn.Module, factor: float) -> None:
        super().__init__()
        self.network = network
        self.register_buffer("factor", torch.tensor(factor), persistent=False)

    def forward(self, images: Tensor) -> Tensor:
        return self.network(images) * self.factor


class Quantized(nn.Module):
    """Few levels of grey: the gradient of rounding is zero wherever there is one."""

    levels: Tensor

    def __init__(self, network: nn.Module, levels: int) -> None:
        super().__init__()
        self.network = network
        self.register_buffer("levels", torch.tensor(levels - 1.0), persistent=False)

    def forward(self, images: Tensor) -> Tensor:
        return self.network((images * self.levels).round() / self.levels)


class Steep(nn.Module):
    """Two levels of grey through a sigmoid so steep that its gradient vanishes away from the threshold."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, images: Tensor) -> Tensor:
        return self.network(torch.sigmoid(2000.0 * (images - 0.5)))


class Noisy(nn.Module):
    """Noise on the logits, new at each pass."""

    def __init__(self, network: nn.Module, size: float) -> None:
        super().__init__()
        self.network, self.size = network, size

    def forward(self, images: Tensor) -> Tensor:
        logits = self.network(images)
        return logits + self.size * torch.randn_like(logits)


class Probabilities(nn.Module):
    """A softmax at the end."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, images: Tensor) -> Tensor:
        return self.network(images).softmax(dim=1)


class Collapsed(nn.Module):
    """Always the same answer, as of a network whose units are all dead."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, images: Tensor) -> Tensor:
        logits = 0.0 * self.network(images)
        return logits + torch.arange(logits.shape[1], dtype=logits.dtype)


class Overshot(nn.Module):
    """Two classes by mean brightness u, wrong for 0.03 < u - 1/2 < 0.07 only; the gradient leads right through.

    z = (0, v(u)),  v = -1 in the band and 1 outside,  dv/du = -1 everywhere
    """

    def __init__(self) -> None:
        super().__init__()
        self.slope = nn.Parameter(torch.tensor(1.0))

    def forward(self, images: Tensor) -> Tensor:
        offset = images.flatten(1).mean(dim=1) - 0.5
        value = torch.where((offset > 0.03) & (offset < 0.07), -1.0, 1.0) - self.slope * (offset - offset.detach())
        return torch.stack([torch.zeros_like(value), value], dim=1)
