"""A network as something that changes, or watches, what an attack gets to see of it."""

from typing import Any

from torch import Tensor, nn


class DividedByMargin(nn.Module):
    """Logits divided by how far the largest is above the second: the same predictions, and a loss that never saturates.

    The divisor passes no gradient, or the difference that the attack is after would be constant.
    """

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, images: Tensor) -> Tensor:
        logits = self.network(images)
        largest = logits.detach().topk(2, dim=1).values
        return logits / (largest[:, :1] - largest[:, 1:]).clamp(min=1e-12)


class Predictions(list[Tensor]):
    """What a network predicted, (B,) for each forward pass. Copies of the network go on writing into the same list."""

    def __deepcopy__(self, memo: dict[int, Any]) -> "Predictions":
        return self


class Watched(nn.Module):
    """The same network, which notes its predictions."""

    def __init__(self, network: nn.Module, predictions: Predictions) -> None:
        super().__init__()
        self.network, self.predictions = network, predictions

    def forward(self, images: Tensor) -> Tensor:
        logits = self.network(images)
        self.predictions.append(logits.detach().argmax(dim=1))
        return logits
