"""LeNet of the paper: two convolutions, three linear layers; logits of pixels in [0, 1]."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn


class Normalize(nn.Module):
    """(x - mean) / std per channel; (B, C, H, W) in [0, 1] -> same shape."""

    mean: Tensor
    std: Tensor

    def __init__(self, mean: Sequence[float], std: Sequence[float]) -> None:
        super().__init__()
        self.register_buffer("mean", torch.tensor(mean).view(-1, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(std).view(-1, 1, 1), persistent=False)

    def forward(self, images: Tensor) -> Tensor:
        return (images - self.mean) / self.std


class LeNet(nn.Module):
    """conv 6 5x5 -> ReLU -> pool -> conv 16 5x5 -> ReLU -> pool -> 120 -> 84 -> classes.

    The first convolution pads 28 x 28 images by 2, so that 28 x 28 and 32 x 32 images give a 5 x 5 x 16 map. Images of
    other sizes, at least 16 x 16, give a map of another size. conv1 has 150 weights for one channel and 450 for three.
    """

    def __init__(self, shape: Sequence[int], classes: int, mean: Sequence[float], std: Sequence[float]) -> None:
        super().__init__()
        channels, height, width = shape
        padding = 2 if height == width == 28 else 0
        rows, columns = (((side + 2 * padding - 4) // 2 - 4) // 2 for side in (height, width))
        self.normalize = Normalize(mean, std)
        self.conv1 = nn.Conv2d(channels, 6, 5, padding=padding)
        self.conv2 = nn.Conv2d(6, 16, 5)
        self.pool = nn.MaxPool2d(2)
        self.fc1 = nn.Linear(16 * rows * columns, 120)
        self.fc2 = nn.Linear(120, 84)
        self.fc3 = nn.Linear(84, classes)

    def forward(self, images: Tensor) -> Tensor:
        """(B, C, H, W) pixels in [0, 1] -> (B, classes) logits."""
        x = self.pool(torch.relu(self.conv1(self.normalize(images))))
        x = self.pool(torch.relu(self.conv2(x)))
        x = torch.relu(self.fc1(x.flatten(1)))
        return self.fc3(torch.relu(self.fc2(x)))
