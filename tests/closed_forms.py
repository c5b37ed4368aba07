"""Models whose nearest decision boundary is known in closed form, and small LeNets."""

from dataclasses import dataclass

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from engine.data.catalog import CIFAR_STD, dataset_spec
from engine.models.architectures import build_model
from engine.models.stack import Stack


class Linear(nn.Module):
    """Two classes: z = (0, w x + b)."""

    def __init__(self, weight: Tensor, bias: float, shift: float = 0.0) -> None:
        super().__init__()
        self.score = nn.Parameter(torch.stack([torch.zeros_like(weight), weight]))
        self.offset = nn.Parameter(torch.tensor([shift, shift + bias], dtype=weight.dtype))

    def forward(self, images: Tensor) -> Tensor:
        return images.flatten(1) @ self.score.T + self.offset


@dataclass
class LinearProblem:
    """Images well inside [0, 1], labelled as the model sees them; distances in closed form."""

    weight: Tensor
    bias: float
    images: Tensor

    @property
    def network(self) -> nn.Module:
        return self.shifted(0.0)

    def shifted(self, shift: float) -> nn.Module:
        """The same classifier with a constant added to all logits."""
        return Linear(self.weight, self.bias, shift)

    @property
    def margins(self) -> Tensor:
        return self.images.flatten(1) @ self.weight + self.bias

    @property
    def labels(self) -> Tensor:
        return (self.margins > 0).long()

    def distances(self, norm: str, std: tuple[float, ...]) -> np.ndarray:
        """(n,) distance to the boundary when pixels are measured in units of `std`, ignoring the box."""
        per_pixel = self.weight.view(self.images.shape[1:]) * torch.tensor(std).view(-1, 1, 1)
        return (self.margins.abs() / torch.linalg.vector_norm(per_pixel, ord=1 if norm == "linf" else 2)).numpy()

    def misclassified(self, adversarial: Tensor) -> np.ndarray:
        return (self.network(adversarial).argmax(1) != self.labels).numpy()


def linear_problem(channels: int, n: int = 12) -> LinearProblem:
    generator = torch.Generator().manual_seed(channels)
    weight = torch.randn(channels * 36, generator=generator, dtype=torch.float64)
    images = 0.35 + 0.3 * torch.rand(n, channels, 6, 6, generator=generator, dtype=torch.float64)
    return LinearProblem(weight, -float(weight.sum()) / 2, images)


@pytest.fixture
def grey() -> LinearProblem:
    return linear_problem(1)


@pytest.fixture(params=[(1, (0.3081,)), (3, CIFAR_STD), (3, (0.1, 0.2, 0.4))], ids=["grey", "cifar", "uneven"])
def linear(request) -> tuple[LinearProblem, tuple[float, ...]]:
    """A linear problem and the standard deviation of its channels."""
    channels, std = request.param
    return linear_problem(channels), std


@pytest.fixture
def lenets() -> Stack:
    """Three untrained LeNets for MNIST, float64 so that a stack and its members agree to the last digits."""
    spec = dataset_spec("mnist")
    members = [build_model("lenet", seed, spec.shape, 10, spec.mean, spec.std) for seed in range(3)]
    return Stack.of(members).to(torch.float64)


@pytest.fixture
def digits() -> tuple[Tensor, Tensor]:
    """Five images (float64) and labels."""
    generator = torch.Generator().manual_seed(0)
    images = torch.rand(5, 1, 28, 28, generator=generator, dtype=torch.float64)
    return images, torch.tensor([3, 1, 4, 1, 5])
