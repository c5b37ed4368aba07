"""Wrappers that change or record what an attack sees of a network."""

from typing import Any

from torch import Tensor, nn


class DividedByMargin(nn.Module):
    """Network whose logits are divided by the margin between the largest and the second largest.

    Predictions stay the same, and the loss never saturates. No gradient flows through the divisor, since otherwise the
    margin would be constant.
    """

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, images: Tensor) -> Tensor:
        logits = self.network(images)
        largest = logits.detach().topk(2, dim=1).values
        return logits / (largest[:, :1] - largest[:, 1:]).clamp(min=1e-12)


class Predictions(list[Tensor]):
    """Predictions of a network, (B,) per forward pass. Copies of the network append to the same list."""

    def __deepcopy__(self, memo: dict[int, Any]) -> "Predictions":
        return self


class Watched(nn.Module):
    """Network that records its predictions."""

    def __init__(self, network: nn.Module, predictions: Predictions) -> None:
        super().__init__()
        self.network, self.predictions = network, predictions

    def forward(self, images: Tensor) -> Tensor:
        logits = self.network(images)
        self.predictions.append(logits.detach().argmax(dim=1))
        return logits
