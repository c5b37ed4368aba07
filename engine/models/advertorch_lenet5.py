"""LeNet5 of Advertorch: logits of gray pixels in [0, 1], without normalization."""

import torch
from torch import Tensor, nn


class AdvertorchLeNet5(nn.Module):
    """conv 32 3x3 -> ReLU -> pool -> conv 64 3x3 -> ReLU -> pool -> 200 -> classes; layers named as in Advertorch.

    Both convolutions pad by 1, so that 28 x 28 images give a 7 x 7 x 64 map.
    """

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 32, 3, padding=1)
        self.conv2 = nn.Conv2d(32, 64, 3, padding=1)
        self.pool = nn.MaxPool2d(2)
        self.linear1 = nn.Linear(64 * 7 * 7, 200)
        self.linear2 = nn.Linear(200, classes)

    def forward(self, images: Tensor) -> Tensor:
        """(B, 1, 28, 28) pixels in [0, 1] -> (B, classes) logits."""
        x = self.pool(torch.relu(self.conv1(images)))
        x = self.pool(torch.relu(self.conv2(x)))
        return self.linear2(torch.relu(self.linear1(x.flatten(1))))
