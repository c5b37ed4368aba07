"""The MNIST network of Madry et al. (arXiv 1706.06083): logits of gray pixels in [0, 1], without normalization."""

import torch
from torch import Tensor, nn


class MadryCNN(nn.Module):
    """conv 32 5x5 -> ReLU -> pool -> conv 64 5x5 -> ReLU -> pool -> 1024 -> classes.

    Both convolutions pad by 2, so that 28 x 28 images give a 7 x 7 x 64 map.
    """

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 32, 5, padding=2)
        self.conv2 = nn.Conv2d(32, 64, 5, padding=2)
        self.pool = nn.MaxPool2d(2)
        self.fc1 = nn.Linear(64 * 7 * 7, 1024)
        self.fc2 = nn.Linear(1024, classes)

    def forward(self, images: Tensor) -> Tensor:
        """(B, 1, 28, 28) pixels in [0, 1] -> (B, classes) logits."""
        x = self.pool(torch.relu(self.conv1(images)))
        x = self.pool(torch.relu(self.conv2(x)))
        return self.fc2(torch.relu(self.fc1(x.flatten(1))))
