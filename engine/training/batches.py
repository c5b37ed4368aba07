"""Mini-batches of a stack."""

from collections.abc import Sequence

import torch
from torch import Tensor

from engine.data.sources import Dataset
from engine.seeds import derive_seed
from engine.training.schedule import steps_per_epoch


class Batches:
    """Mini-batches on the device; the order of an epoch depends only on (seed, epoch)."""

    def __init__(self, dataset: Dataset, batch_size: int, seeds: Sequence[int], device: torch.device) -> None:
        self.images = torch.from_numpy(dataset.train_images).to(device)
        self.labels = torch.from_numpy(dataset.train_labels).to(device)
        self.batch_size, self.device = batch_size, device
        self.seeds = seeds[:1] if len(set(seeds)) == 1 else seeds
        self.steps = steps_per_epoch(len(self.labels), batch_size)
        self.epoch, self.orders = -1, torch.empty(0)

    def batch(self, epoch: int, batch: int) -> tuple[Tensor, Tensor]:
        """Pixels in [0, 1], (B, C, H, W), and labels, (B,), if all seeds are equal; else both with K in front."""
        if epoch != self.epoch:
            self.epoch, self.orders = epoch, torch.stack([self._order(seed, epoch) for seed in self.seeds])
        index = self.orders[:, batch * self.batch_size : (batch + 1) * self.batch_size]
        index = index[0] if len(self.seeds) == 1 else index
        return self.images[index].float() / 255.0, self.labels[index]

    def _order(self, seed: int, epoch: int) -> Tensor:
        generator = torch.Generator().manual_seed(derive_seed("order", seed, epoch))
        return torch.randperm(len(self.labels), generator=generator).to(self.device)
