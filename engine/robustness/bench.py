"""The images of one evaluation and the models that face them, attacked in batches of fixed size."""

import hashlib
from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor

from engine.models.stack import Stack
from engine.robustness.attacks import perturb, refuse_diverged
from engine.robustness.cache import ATTACKS_VERSION, AdversarialCache, weights_digest
from engine.robustness.protocol import AttackConfig, attack_threat
from engine.robustness.threat import ThreatModel
from engine.seeds import derive_seed

BATCH = 250


def as_pixels(images: np.ndarray) -> np.ndarray:
    """Bytes divided by 255, floats as they are; float32."""
    return images.astype(np.float32) / 255.0 if images.dtype == np.uint8 else images.astype(np.float32)


class Bench:
    """A frozen stack before the images of one evaluation."""

    def __init__(
        self,
        stack: Stack,
        images: np.ndarray,
        labels: np.ndarray,
        threat: ThreatModel,
        std: Sequence[float],
        seed: int,
        cache: AdversarialCache | None,
        progress: Callable[[float], None] | None,
    ) -> None:
        self.stack, self.images, self.labels = stack.select(range(stack.size)), images, labels
        self.threat, self.std, self.seed = threat, tuple(std), seed
        self.cache, self.progress = cache or AdversarialCache(None), progress
        self.batches = [slice(start, start + BATCH) for start in range(0, len(images), BATCH)]
        self.work, self.done = 1, 0
        weights = {name: value.numpy(force=True) for name, value in self.stack.weights.items()}
        self.digests = [
            weights_digest({name: value[k] for name, value in weights.items()}) for k in range(self.stack.size)
        ]

    def attack(self, attack: AttackConfig) -> np.ndarray:
        """Adversarial images (K, n, C, H, W), float32, from the cache where it has them."""
        found = []
        for index, batch in enumerate(self.batches):
            end = self.done + attack.forwards
            found.append(np.stack(self._attack_batch(attack, index, batch)))
            self.done = end
        return np.concatenate(found, axis=1)

    def predict(self, images: Sequence[np.ndarray] | np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """K x (n, C, H, W) -> predictions (K, n) int64 and probabilities (K, n, classes) float32."""
        with torch.no_grad():
            logits = [
                self.stack.logits(self._tensor(np.stack([own[batch] for own in images]))) for batch in self.batches
            ]
        joined = torch.cat(logits, dim=1)
        refuse_diverged(joined.isfinite().flatten(1).all(dim=1))
        return joined.argmax(dim=2).numpy(force=True), joined.softmax(dim=2).float().numpy(force=True)

    def _attack_batch(self, attack: AttackConfig, index: int, batch: slice) -> list[np.ndarray]:
        images, labels = self.images[batch], self.labels[batch]
        seed = derive_seed("attack", self.seed, attack.name, index)

        def compute(members: list[int]) -> list[np.ndarray]:
            some, count = self.stack.select(members), len(members)
            repeated = self._tensor(images).repeat(count, 1, 1, 1), self._tensor(labels).repeat(count)
            found = perturb(some, *repeated, attack, self.threat, self.std, [seed] * count, self._tick)
            return list(found.float().numpy(force=True).reshape(count, *images.shape))

        digest = hashlib.blake2b(images.tobytes() + labels.tobytes(), digest_size=16).hexdigest()
        budget = attack_threat(attack, self.threat)
        setting = f"{attack.model_dump_json()} {budget and budget.model_dump_json()} {self.std} {seed} {digest}"
        network = f"{ATTACKS_VERSION} {self.stack.description}"
        return self.cache.fetch([f"{network} {weights} {setting}" for weights in self.digests], compute)

    def _tensor(self, values: np.ndarray) -> Tensor:
        reference = next(self.stack.parameters())
        tensor = torch.from_numpy(np.ascontiguousarray(values)).to(reference.device)
        return tensor.to(reference.dtype) if tensor.is_floating_point() else tensor

    def _tick(self) -> None:
        if self.progress is not None:
            self.progress(min(self.done / self.work, 1.0))
        self.done += 1
