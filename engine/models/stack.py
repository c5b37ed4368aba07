"""Stack: K models of one architecture, computed as one batch."""

from __future__ import annotations

import copy
from collections.abc import Sequence

from torch import Tensor, nn
from torch.func import functional_call, stack_module_state, vmap


class Stack(nn.Module):
    """K members of one architecture; the result of a member does not depend on the other members.

    Weights are stacked, (K, ...) per parameter, under the names of the plain module, so one optimizer updates all
    members. A single member is computed without vmap, which is fastest on a CPU. Buffers are those of the template:
    constants that members share. Architectures with running statistics, such as batch norm, are not supported.
    """

    def __init__(self, template: nn.Module, weights: dict[str, Tensor]) -> None:
        super().__init__()
        self.names = tuple(weights)
        self.size = next(iter(weights.values())).shape[0]
        self._values = nn.ParameterList(nn.Parameter(value) for value in weights.values())
        self._template = [copy.deepcopy(template).requires_grad_(False)]  # in a list: not a submodule with weights

    @classmethod
    def of(cls, members: Sequence[nn.Module]) -> Stack:
        """Stack plain modules of the same architecture; their weights are copied."""
        weights, _ = stack_module_state(list(members))
        return cls(members[0], {name: value.detach().clone() for name, value in weights.items()})

    @property
    def weights(self) -> dict[str, Tensor]:
        """Name -> parameter of shape (K, ...), the live tensors."""
        return dict(zip(self.names, self._values, strict=True))

    @property
    def conv_layers(self) -> tuple[str, ...]:
        """Names of the convolutional layers, in forward order."""
        return tuple(name for name, module in self._template[0].named_modules() if isinstance(module, nn.Conv2d))

    def conv_weights(self, layer: str) -> Tensor:
        """Weights of one convolutional layer without biases, (K, out, in, h, w)."""
        return self.weights[f"{layer}.weight"]

    def train(self, mode: bool = True) -> Stack:
        super().train(mode)
        self._template[0].train(mode)
        return self

    def to(self, *args, **kwargs) -> Stack:
        super().to(*args, **kwargs)
        self._template[0].to(*args, **kwargs)
        return self

    def logits(self, images: Tensor) -> Tensor:
        """(K, B, C, H, W), or (B, C, H, W) shared by all members -> (K, B, classes)."""
        template, shared = self._template[0], images.dim() == 4
        if self.size == 1:
            only = {name: value.squeeze(0) for name, value in self.weights.items()}
            return functional_call(template, only, (images if shared else images[0],)).unsqueeze(0)

        def one(weights: dict[str, Tensor], batch: Tensor) -> Tensor:
            return functional_call(template, weights, (batch,))

        return vmap(one, in_dims=(0, None if shared else 0))(self.weights, images)

    def forward(self, images: Tensor) -> Tensor:
        """(K*B, C, H, W), member by member -> (K*B, classes); for an attack, a stack is a larger batch."""
        return self.logits(images.unflatten(0, (self.size, -1))).flatten(0, 1)

    def member(self, index: int) -> nn.Module:
        """One member as a separate plain module; its weights are copied."""
        module = copy.deepcopy(self._template[0])
        module.load_state_dict({name: value[index].detach().clone() for name, value in self.weights.items()})
        return module.requires_grad_(True)

    def select(self, members: Sequence[int]) -> Stack:
        """A frozen stack of some members: its weights take no gradients, as attacks require."""
        chosen = {name: value[list(members)].detach().clone() for name, value in self.weights.items()}
        return Stack(self._template[0], chosen).requires_grad_(False)


def describe(network: nn.Module) -> str:
    """Everything besides its weights that determines a network's function: class, layers and constants."""
    constants = {name: value.tolist() for name, value in network.named_buffers()}
    return f"{type(network).__module__} {network} {constants}"
