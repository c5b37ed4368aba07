"""How long and how a run trains, and when it is looked at. No torch: pages read this."""

from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, Field

from engine.training.optimizers import OPTIMIZERS

if TYPE_CHECKING:
    OptimizerName = str  # a type checker cannot follow choices that come from a table
else:
    OptimizerName = Literal[tuple(OPTIMIZERS)]

TRAINING_VERSION = 1
"""Raised whenever the same config would train to different weights: an old run is then not taken for a new one."""

MONITORED = 1_000
"""Test images on which the clean accuracy of a snapshot is measured."""


class TrainingConfig(BaseModel):
    """Optimizer, length and snapshots of one run."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    epochs: int = Field(default=10, ge=1, le=500, description="passes over the training set")
    batch_size: int = Field(default=64, ge=1, le=4096, description="images per optimizer step")
    optimizer: OptimizerName = Field(
        default="adam", description="update rule: " + ", ".join(spec.title for spec in OPTIMIZERS.values())
    )
    learning_rate: float = Field(default=1e-3, ge=1e-6, le=1.0, description="step size of the optimizer at the start")
    halve_every: int = Field(
        default=0, ge=0, le=500, description="epochs between two halvings of the learning rate; 0 never halves it"
    )
    snapshots_per_epoch: int = Field(default=10, ge=1, le=50, description="moments recorded per epoch")
    weight_limit: float = Field(
        default=100.0,
        ge=1.0,
        le=1e6,
        description="a run fails as diverged once a convolutional weight is larger than this",
    )

    def learning_rate_at(self, epoch: int) -> float:
        """Learning rate during the epoch counted from 0."""
        return self.learning_rate * 0.5 ** (epoch // self.halve_every if self.halve_every else 0)


def steps_per_epoch(train_size: int, batch_size: int) -> int:
    """Number of mini-batches; the last may be smaller."""
    return -(-train_size // batch_size)


def is_snapshot_due(step: int, steps: int, per_epoch: int) -> bool:
    """Whether a snapshot follows the step, counted from 1: `per_epoch` per epoch of `steps`, its end included."""
    return (step * per_epoch) // steps > ((step - 1) * per_epoch) // steps


def snapshot_total(training: TrainingConfig, train_size: int) -> int:
    """Snapshots of a whole run, the one before training included."""
    steps = steps_per_epoch(train_size, training.batch_size)
    return 1 + training.epochs * min(steps, training.snapshots_per_epoch)
