"""The images of one evaluation and the models that face them, attacked in batches of fixed size."""

import hashlib
from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor

from engine.attacks.catalog import attack_threat
from engine.attacks.configs import AttackConfig
from engine.attacks.perturb import perturb, refuse_diverged
from engine.attacks.threat import ThreatModel
from engine.models.stack import Stack
from engine.robustness.cache import ATTACKS_VERSION, AdversarialCache, weights_digest
from engine.seeds import derive_seed

BATCH = 250


def as_pixels(images: np.ndarray) -> np.ndarray:
    """Bytes divided by 255, floats as they are; float32."""
    return images.astype(np.float32) / 255.0 if images.dtype == np.uint8 else images.astype(np.float32)


class AttackSession:
    """A frozen stack before the images of one evaluation, (n, C, H, W) in [0, 1], and what it says to them.

    clean_predictions, correct: (K, n); clean_probabilities: (K, n, classes).
    """

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
        self.work, self.done, self.end = 1, 0, 0
        weights = {name: value.numpy(force=True) for name, value in self.stack.weights.items()}
        self.digests = [
            weights_digest({name: value[k] for name, value in weights.items()}) for k in range(self.stack.size)
        ]
        self.clean_predictions, self.clean_probabilities = self.predict([images] * stack.size)
        self.correct = self.clean_predictions == labels

    def attack(
        self, attack: AttackConfig, threat: ThreatModel | None = None, where: np.ndarray | None = None, draw: int = 0
    ) -> np.ndarray:
        """Adversarial images (K, n, C, H, W), float32, from the cache where it has them.

        Args:
            threat: another than the evaluation's.
            where: (K, n) bool, the images to be attacked. Others stay as they are, and so do those that are
                misclassified anyway.
            draw: which random numbers, for another try.
        """
        chosen = self.correct if where is None else self.correct & where
        found = []
        for index, batch in enumerate(self.batches):
            seed = derive_seed("attack", self.seed, attack.name, index, *([draw] if draw else []))
            found.append(self._attack_batch(attack, threat or self.threat, batch, chosen[:, batch], seed))
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

    def _attack_batch(
        self, attack: AttackConfig, threat: ThreatModel, batch: slice, chosen: np.ndarray, seed: int
    ) -> np.ndarray:
        images, labels = self.images[batch], self.labels[batch]
        budget = attack_threat(attack, threat)
        setting = f"{attack.model_dump_json()} {budget and budget.model_dump_json()} {self.std} {seed}"

        whole = np.repeat(images[None], self.stack.size, axis=0)
        for k, mine in enumerate(chosen):
            content = images[mine].tobytes() + labels[mine].tobytes()
            digest = hashlib.blake2b(content, digest_size=16).hexdigest()
            key = f"{ATTACKS_VERSION} {self.stack.description} {self.digests[k]} {setting} {digest}"
            self.end = self.done + attack.forwards
            whole[k, mine] = self.cache.fetch(
                key, lambda k=k, mine=mine: self._perturb(k, mine, batch, attack, threat, seed)
            )
            self.done = self.end
        return whole

    def _perturb(
        self, k: int, mine: np.ndarray, batch: slice, attack: AttackConfig, threat: ThreatModel, seed: int
    ) -> np.ndarray:
        images, labels = self._tensor(self.images[batch][mine]), self._tensor(self.labels[batch][mine])
        found = perturb(self.stack.select([k]), images, labels, attack, threat, self.std, [seed], self._tick)
        return found.float().numpy(force=True)

    def _tensor(self, values: np.ndarray) -> Tensor:
        reference = next(self.stack.parameters())
        tensor = torch.from_numpy(np.ascontiguousarray(values)).to(reference.device)
        return tensor.to(reference.dtype) if tensor.is_floating_point() else tensor

    def _tick(self) -> None:
        if self.progress is not None:
            self.progress(min(self.done / self.work, 1.0))
        self.done = min(self.done + 1, self.end)
