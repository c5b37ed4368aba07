"""AttackConfig: what every attack states about itself, what it costs, and the list of attacks. No torch."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal, TypeVar

from pydantic import BaseModel, ConfigDict

from engine.attacks.threat import Norm

FORWARD_SHARE = 0.4
"""Cost of a forward pass alone, as a share of a pass forward and back to the images.

Measured for each image in batches of 250 on one core of a CPU: 0.38 for LeNet, 0.37 for the Madry CNN and 0.62 for
Advertorch's LeNet5. By operations it is one half, since the weights of an attacked network take no gradient.
"""


class AttackConfig(BaseModel):
    """Base class of all attacks: a subclass has a `name`, the parameters and their limits.

    norm: of the ball that the attack searches, or of the perturbation that it minimizes.
    minimizes: the attack has no ball; it looks for the smallest perturbation that works, of any size.
    works_alone: the attack continues with changing parts of its batch, so members are attacked one after the other.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
    norm: ClassVar[Norm] = "linf"
    minimizes: ClassVar[bool] = False
    works_alone: ClassVar[bool] = False
    if TYPE_CHECKING:
        name: str  # no field here: it would become the first one, and cache keys hold the fields in their order

    @property
    def fewest_classes(self) -> int:
        """Smallest number of classes of a network that the attack can be used on."""
        return 1

    @property
    def forwards(self) -> int:
        """Largest number of forward passes of one call."""
        return 1

    @property
    def gradients(self) -> int:
        """How many of the forward passes also go back to the images."""
        return self.forwards

    @property
    def cost(self) -> float:
        """Largest cost of an attack on one image, in images through forward and backward.

        A forward pass alone counts as `FORWARD_SHARE`.
        """
        return self.gradients + FORWARD_SHARE * (self.forwards - self.gradients)


Preset = Literal["paper", "strong"]
Config = TypeVar("Config", bound=AttackConfig)


@dataclass(frozen=True)
class ListedAttack:
    """An attack with the parameters that its name stands for, and the preset that it belongs to, if any."""

    attack: AttackConfig
    preset: Preset | None


LISTED_ATTACKS: list[ListedAttack] = []
"""Every attack in the order of definition; `catalog` reads it."""


def listed(preset: Preset | None = None, **parameters) -> Callable[[type[Config]], type[Config]]:
    """Class decorator that lists an attack with these parameters; the others keep their defaults."""

    def add(config: type[Config]) -> type[Config]:
        LISTED_ATTACKS.append(ListedAttack(config(**parameters), preset))
        return config

    return add
