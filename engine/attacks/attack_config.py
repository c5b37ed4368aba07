"""AttackConfig: parameters, limits and cost of an attack; and the list of attacks. No torch."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypeVar

from pydantic import BaseModel, ConfigDict

from engine.attacks.threat import Norm

FORWARD_SHARE = 0.4
"""Cost of a forward pass, as a share of a forward and backward pass to the images.

Measured for each image in batches of 250 on one core of a CPU: 0.38 for LeNet, 0.37 for the Madry CNN and 0.62 for
Advertorch's LeNet5. The share of operations is one half, since the weights of an attacked network have no gradient.
"""


class AttackConfig(BaseModel):
    """Base class of all attacks: a subclass has a `name`, the parameters and their limits.

    norm: norm of the ball that the attack searches, or of the perturbation that it minimizes.
    minimizes: whether the attack searches for the smallest perturbation of any size, instead of inside a ball.
    works_alone: whether members of a stack are attacked one by one, because the attack drops images from its batch.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
    norm: ClassVar[Norm] = "linf"
    minimizes: ClassVar[bool] = False
    works_alone: ClassVar[bool] = False
    if TYPE_CHECKING:
        name: Any  # no field here: it would become the first one, and cache keys hold the fields in their order

    @property
    def fewest_classes(self) -> int:
        """Smallest number of classes of a network that the attack supports."""
        return 1

    @property
    def forwards(self) -> int:
        """Largest number of forward passes of one call."""
        return 1

    @property
    def gradients(self) -> int:
        """Largest number of these passes that are followed by a backward pass to the images."""
        return self.forwards

    @property
    def cost(self) -> float:
        """Largest cost of an attack on one image, in forward and backward passes.

        A forward pass alone counts as `FORWARD_SHARE`.
        """
        return self.gradients + FORWARD_SHARE * (self.forwards - self.gradients)


Preset = Literal["paper", "strong"]
Config = TypeVar("Config", bound=AttackConfig)


@dataclass(frozen=True)
class ListedAttack:
    """An attack with the parameters of its listed name, and its preset, if any."""

    attack: AttackConfig
    preset: Preset | None


LISTED_ATTACKS: list[ListedAttack] = []
"""All attacks in the order of definition; read by `catalog`."""


def listed(preset: Preset | None = None, **parameters) -> Callable[[type[Config]], type[Config]]:
    """Class decorator that lists an attack with these parameters; other parameters keep their defaults."""

    def add(config: type[Config]) -> type[Config]:
        LISTED_ATTACKS.append(ListedAttack(config(**parameters), preset))
        return config

    return add
