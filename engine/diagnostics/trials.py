"""Trials: attacks on the images of one setup, and the images that stay correct."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import torch

from engine.attacks.attack_config import AttackConfig
from engine.attacks.configs import L2BIM, PGD
from engine.attacks.threat import ThreatModel
from engine.diagnostics.effort import Effort
from engine.diagnostics.wrapper import Predictions, Watched
from engine.robustness.attack_session import AttackSession
from engine.robustness.attack_setup import AttackSetup
from engine.robustness.cache import AdversarialCache
from engine.robustness.meter import Meter, Report, slice_of


class Trials:
    """Attacks on a network, or on another network for the same images, judged by the network's predictions.

    session: the network on the setup's images. Arrays over images are (n,) bool.
    """

    def __init__(self, setup: AttackSetup, effort: Effort, transfers: bool) -> None:
        self.setup, self.session = setup, AttackSession(setup)
        self._meter = Meter(effort.plan(len(setup.labels), setup.threat.norm, transfers), setup.progress)

    @contextmanager
    def part(self, name: str) -> Iterator[Report]:
        """Context whose value reports the fraction done of one part of `Effort.plan`."""
        with self._meter.part(name, "checking") as report:
            yield report

    def survivors(
        self,
        attack: AttackConfig,
        report: Report,
        where: np.ndarray | None = None,
        on: AttackSession | None = None,
        draw: int = 0,
    ) -> np.ndarray:
        """Images that are classified correctly before and after the attack.

        Args:
            where: images to attack; the others stay clean.
            on: session of another network, which is attacked in place of this one.
            draw: as in `AttackSession.attack`.
        """
        images = (on or self.session).attack(attack, where=where, draw=draw, report=report)
        return self.still_correct(images, self.setup.threat)

    def survivors_of_draws(
        self, attack: AttackConfig, report: Report, where: np.ndarray, on: AttackSession | None, draws: Sequence[int]
    ) -> np.ndarray:
        """Images of `where` that stay correct after several draws; each draw attacks those still correct."""
        left = where
        for place, draw in enumerate(draws):
            left = left & self.survivors(attack, slice_of(report, place, len(draws)), left, on, draw)
        return left

    def still_correct(self, images: np.ndarray, threat: ThreatModel) -> np.ndarray:
        """Images that are correct before the attack, and not misclassified inside the threat model after it."""
        session = self.session
        within = threat.within_budget(session.images, images, self.setup.std)
        return session.correct & ~(within & (session.predict(images)[0] != session.labels))

    def accuracy(self, attack: AttackConfig, threat: ThreatModel, shown: int, report: Report) -> float:
        """Accuracy on the first `shown` images under the attack and this threat model."""
        first = np.arange(len(self.setup.labels)) < shown
        images = self.session.attack(attack, threat, first, report=report)
        return float(self.still_correct(images, threat)[first].mean())

    def watch(self, attack: PGD | L2BIM, report: Report) -> tuple[np.ndarray, np.ndarray]:
        """Adversarial images (n, C, H, W), and (n,) bool: classified correctly at every step of the attack.

        The disk cache is not used, since a cached attack takes no steps.
        """
        path = Predictions()
        watched = replace(self.setup, network=Watched(self.setup.network, path), cache=AdversarialCache())
        session = AttackSession(watched)
        path.clear()
        images = session.attack(attack, report=report)
        always = np.ones(len(session.labels), bool)
        attacked = [np.flatnonzero(session.correct[batch]) + batch.start for batch in session.batches]
        for place, mine in enumerate(mine for mine in attacked if len(mine) and path):
            seen = torch.stack(path[place * attack.steps : (place + 1) * attack.steps]).numpy(force=True)
            always[mine] = (seen == session.labels[mine]).all(axis=0)
        return images, always
