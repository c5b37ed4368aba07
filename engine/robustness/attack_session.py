"""AttackSession: attacks on one network and the images of one setup, in batches of fixed size."""

import copy
import hashlib
from collections.abc import Callable
from functools import partial
from itertools import count

import numpy as np
import torch
from torch import Tensor

from engine.attacks.attack_config import AttackConfig
from engine.attacks.catalog import attack_threat
from engine.attacks.perturb import perturb, refuse_diverged
from engine.attacks.threat import ThreatModel
from engine.models.stack import describe
from engine.robustness.attack_setup import AttackSetup, as_pixels
from engine.robustness.cache import ATTACKS_VERSION, weights_digest
from engine.robustness.meter import Report, slice_of, unreported
from engine.seeds import derive_seed


class AttackSession:
    """A frozen copy of a setup's network, with its predictions on the setup's images.

    images: (n, C, H, W) float32 in [0, 1]; labels: (n,) int64; batches: slices of both.
    clean_predictions: (n,); clean_probabilities: (n, classes); correct: (n,) bool.

    Raises:
        InputError: logits that are not finite.
    """

    def __init__(self, setup: AttackSetup) -> None:
        self.setup = setup
        self.network = copy.deepcopy(setup.network).eval().requires_grad_(False)
        self.images, self.labels = as_pixels(setup.images), np.asarray(setup.labels, np.int64)
        starts = range(0, len(self.images), setup.batch_size)
        self.batches = [slice(start, start + setup.batch_size) for start in starts]
        weights = {name: value.numpy(force=True) for name, value in self.network.named_parameters()}
        self._identity = f"{ATTACKS_VERSION} {describe(self.network)} {weights_digest(weights)}"
        self.clean_predictions, self.clean_probabilities = self.predict(self.images)
        self.correct = self.clean_predictions == self.labels

    def attack(
        self,
        attack: AttackConfig,
        threat: ThreatModel | None = None,
        where: np.ndarray | None = None,
        draw: int = 0,
        report: Report = unreported,
    ) -> np.ndarray:
        """Adversarial images (n, C, H, W), float32; batches in the cache are read from it.

        Args:
            threat: threat model to use instead of the setup's.
            where: (n,) bool, the images to attack. Other images and misclassified images stay clean.
            draw: index of the draw of random numbers; another index gives other random numbers.
            report: called with the fraction done before every forward pass.
        """
        chosen = self.correct if where is None else self.correct & where
        found = []
        for index, batch in enumerate(self.batches):
            seed = derive_seed("attack", self.setup.seed, attack.name, index, *([draw] if draw else []))
            own = slice_of(report, index, len(self.batches))
            found.append(self._attack_batch(attack, threat or self.setup.threat, batch, chosen[batch], seed, own))
        return np.concatenate(found)

    def predict(self, images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(n, C, H, W) -> predictions (n,) int64 and probabilities (n, classes) float32."""
        logits = self.logits(images)
        refuse_diverged(logits.isfinite())
        return logits.argmax(dim=1).numpy(force=True), logits.softmax(dim=1).float().numpy(force=True)

    def logits(self, images: np.ndarray) -> Tensor:
        """(n, C, H, W) -> (n, classes), on the network's device, without gradients."""
        with torch.no_grad():
            return torch.cat([self.network(self.tensor(images[batch])) for batch in self.batches])

    def tensor(self, values: np.ndarray) -> Tensor:
        """The values on the network's device; floats get the dtype of its weights."""
        reference = next(self.network.parameters())
        tensor = torch.from_numpy(np.ascontiguousarray(values)).to(reference.device)
        return tensor.to(reference.dtype) if tensor.is_floating_point() else tensor

    def _attack_batch(
        self, attack: AttackConfig, threat: ThreatModel, batch: slice, mine: np.ndarray, seed: int, report: Report
    ) -> np.ndarray:
        whole, budget = self.images[batch].copy(), attack_threat(attack, threat)
        images, labels = whole[mine], self.labels[batch][mine]
        digest = hashlib.blake2b(images.tobytes() + labels.tobytes(), digest_size=16).hexdigest()
        setting = f"{attack.model_dump_json()} {budget and budget.model_dump_json()} {tuple(self.setup.std)} {seed}"
        compute = partial(self._perturb, images, labels, attack, threat, seed, report)
        whole[mine] = self.setup.cache.fetch(f"{self._identity} {setting} {digest}", compute)
        return whole

    def _perturb(
        self,
        images: np.ndarray,
        labels: np.ndarray,
        attack: AttackConfig,
        threat: ThreatModel,
        seed: int,
        report: Report,
    ) -> np.ndarray:
        found = perturb(
            network=self.network,
            images=self.tensor(images),
            labels=self.tensor(labels),
            attack=attack,
            threat=threat,
            std=self.setup.std,
            seed=seed,
            interrupted=_before_each_of(attack.forwards, report),
        )
        return found.float().numpy(force=True)


def _before_each_of(passes: int, report: Report) -> Callable[[], None]:
    """Function to call before each of at most `passes` forward passes."""
    done = count()
    return lambda: report(min(next(done) / passes, 1.0))
