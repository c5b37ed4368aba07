"""Optimizer, length and snapshots of a training run. No torch, since pages read this."""

from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, Field

from engine.training.optimizers import OPTIMIZERS

if TYPE_CHECKING:
    OptimizerName = str  # a type checker cannot follow choices that come from a table
else:
    OptimizerName = Literal[tuple(OPTIMIZERS)]

TRAINING_VERSION = 1
"""Increase it when the same configuration trains to different weights, so that old runs are not reused."""

MONITORED = 1_000
"""Number of test images on which the clean accuracy of a snapshot is measured."""


class TrainingConfig(BaseModel):
    """Optimizer, length and snapshots of one run."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    epochs: int = Field(default=10, ge=1, le=500, description="passes over the training set")
    batch_size: int = Field(default=64, ge=1, le=4096, description="images per optimizer step")
    optimizer: OptimizerName = Field(
        default="adam", description="update rule: " + ", ".join(spec.title for spec in OPTIMIZERS.values())
    )
    learning_rate: float = Field(default=1e-3, ge=1e-6, le=1.0, description="initial step size of the optimizer")
    halve_every: int = Field(
        default=0, ge=0, le=500, description="epochs after which the learning rate is halved; 0 keeps it constant"
    )
    snapshots_per_epoch: int = Field(default=10, ge=1, le=50, description="snapshots recorded per epoch")
    weight_limit: float = Field(
        default=100.0,
        ge=1.0,
        le=1e6,
        description="largest |w| allowed in a convolution; a run that exceeds it fails as diverged",
    )

    def learning_rate_at(self, epoch: int) -> float:
        """Learning rate during an epoch, counted from 0."""
        return self.learning_rate * 0.5 ** (epoch // self.halve_every if self.halve_every else 0)


def steps_per_epoch(train_size: int, batch_size: int) -> int:
    """Number of mini-batches per epoch; the last may be smaller."""
    return -(-train_size // batch_size)


def is_snapshot_due(step: int, steps: int, per_epoch: int) -> bool:
    """Whether a snapshot follows the step, counted from 1: `per_epoch` per epoch of `steps` steps, one at its end."""
    return (step * per_epoch) // steps > ((step - 1) * per_epoch) // steps


def snapshot_total(training: TrainingConfig, train_size: int) -> int:
    """Number of snapshots of a whole run, including the one before training."""
    steps = steps_per_epoch(train_size, training.batch_size)
    return 1 + training.epochs * min(steps, training.snapshots_per_epoch)
