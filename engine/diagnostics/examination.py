"""Examination: one model before the images of one protocol, and what a diagnosis must know of it.

Everything is computed when it is first asked for, and once. Arrays over images are (n,) bool unless they say more.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from torch.nn.functional import cross_entropy

from engine.attacks.configs import FGSM, PGD, AttackConfig
from engine.attacks.threat import ThreatModel
from engine.diagnostics.attempt import Attempt
from engine.diagnostics.check import NotRun
from engine.diagnostics.effort import FAR_EPSILONS, FAR_STEP, SHARES_OF_EPSILON, Effort
from engine.diagnostics.meter import Meter, Report, slice_of
from engine.diagnostics.wrapper import Predictions, divided_by_margin, watched
from engine.errors import InputError
from engine.models.stack import Stack
from engine.robustness.attack_session import BATCH, AttackSession, as_pixels
from engine.robustness.cache import AdversarialCache
from engine.robustness.report import RobustnessReport
from engine.seeds import derive_seed

FORWARDS = 5


@dataclass(frozen=True)
class Reference:
    """Another model for the same images, a stack of one, and what people call it."""

    name: str
    stack: Stack


class Examination:
    """What is known of a stack of one under a threat model.

    report, worst_case: of the evaluation that is to be judged, and the images still correct at its end.
    progress: called with the fraction done in [0, 1] before every forward pass; what it raises ends the work.
    """

    def __init__(
        self,
        stack: Stack,
        images: np.ndarray,
        labels: np.ndarray,
        threat: ThreatModel,
        std: Sequence[float],
        seed: int,
        cache: AdversarialCache | None = None,
        progress: Callable[[float], None] | None = None,
        reference: Reference | None = None,
        report: RobustnessReport | None = None,
        worst_case: np.ndarray | None = None,
        effort: Effort | None = None,
    ) -> None:
        if stack.size != 1 or not len(images) == len(labels) > 0:
            got = f"{stack.size} models, {len(images)} images and {len(labels)} labels"
            raise InputError("one model, one or more images and as many labels", got, "Examine them one by one.")
        self.threat, self.std, self.seed, self.effort = threat, tuple(std), seed, effort or Effort()
        self.images, self.labels = as_pixels(images), np.asarray(labels, np.int64)
        self._cache, self._meter = cache, Meter(self.effort.plan(len(images), reference is not None), progress)
        self.reference, self.report, self.worst_case = reference, report, worst_case
        self.bench = self._bench(stack, cache)
        self.correct: np.ndarray = self.bench.correct[0]
        self.pgd_attack = self.effort.gradient_attack(threat.norm)

    @property
    def n(self) -> int:
        """How many images."""
        return len(self.labels)

    @cached_property
    def forwards(self) -> np.ndarray:
        """(5, n, classes) logits of the clean images, computed again each time."""
        with torch.no_grad():
            return np.stack([self._logits() for _ in range(FORWARDS)])

    @cached_property
    def gradient_sizes(self) -> np.ndarray:
        """(n,) float32, the largest component of the cross-entropy's gradient at each clean image."""
        sizes = []
        for batch in self.bench.batches:
            pixels = self._tensor(self.images[batch]).requires_grad_()
            labels = torch.from_numpy(self.labels[batch]).to(pixels.device)
            loss = cross_entropy(self.bench.stack.logits(pixels)[0], labels, reduction="sum")
            gradient = torch.autograd.grad(loss, pixels)[0]
            sizes.append(gradient.flatten(1).abs().amax(dim=1).float().numpy(force=True))
        return np.concatenate(sizes)

    @cached_property
    def _pgd(self) -> tuple[np.ndarray, np.ndarray, int]:
        """Correct at the end; at the end and at every step; how many images of it are invalid. Not cached on disk."""
        path = Predictions()
        bench = self._bench(watched(self.bench.stack, path), None)
        path.clear()
        with self._meter.part("pgd") as report:
            images = self._attack(bench, self.pgd_attack, report)
        at_end = self._survivors(images)
        always = at_end.copy()
        steps = self.pgd_attack.steps
        attacked = [np.flatnonzero(self.correct[batch]) + batch.start for batch in bench.batches]
        for place, mine in enumerate(mine for mine in attacked if len(mine) and path):
            seen = torch.stack(path[place * steps : (place + 1) * steps]).numpy(force=True)
            always[mine] &= (seen == self.labels[mine]).all(axis=0)
        return at_end, always, int((~self.threat.within_budget(self.images, images, self.std)).sum())

    @property
    def pgd(self) -> np.ndarray:
        """Correct after PGD of one start, at its end."""
        return self._pgd[0]

    @property
    def pgd_path(self) -> np.ndarray:
        """Correct at the end and at every step before."""
        return self._pgd[1]

    @property
    def n_invalid(self) -> int:
        """PGD's images outside the budget or [0, 1], or not finite."""
        return self._pgd[2]

    @cached_property
    def white_box(self) -> np.ndarray:
        """Correct after PGD, its best iterate, and APGD on cross-entropy; in l2 after PGD alone."""
        survives = self.pgd_path
        if self.threat.norm == "l2":
            return survives
        with self._meter.part("white_box") as report:
            images = self._attack(self.bench, self.effort.adaptive, report, where=survives)
        return survives & self._survivors(images)

    @cached_property
    def fgsm(self) -> np.ndarray:
        """Correct after one step."""
        self._require_fit(FGSM())
        with self._meter.part("fgsm") as report:
            return self._survivors(self._attack(self.bench, FGSM(), report))

    @cached_property
    def restarted(self) -> Attempt:
        """PGD from other random starts."""
        if not isinstance(self.pgd_attack, PGD):
            raise NotRun("The l2 attack has no random start")
        return self._try("restarted", self.pgd_attack, self.bench, draws=range(1, self.effort.starts))

    @cached_property
    def doubled(self) -> Attempt:
        """PGD with twice as many steps."""
        return self._try("doubled", self.effort.doubled(self.threat.norm), self.bench)

    @cached_property
    def scaled(self) -> Attempt:
        """PGD on logits divided by their margin."""
        return self._try("scaled", self.pgd_attack, self._bench(divided_by_margin(self.bench.stack), self._cache))

    @cached_property
    def ratio(self) -> Attempt:
        """APGD on the logit ratio."""
        return self._try("ratio", self.effort.ratio, self.bench)

    @cached_property
    def queried(self) -> Attempt:
        """Square."""
        return self._try("queried", self.effort.square, self.bench, self.effort.queried)

    @cached_property
    def noised(self) -> Attempt:
        """Noise, uniform in the box of the linf ball, then projected."""
        tried = self._first_survivors(self.effort.noised)
        broken = np.zeros(self.n, bool)
        generator = torch.Generator().manual_seed(derive_seed("noise", self.seed))
        budget = torch.tensor(self.threat.pixel_budget(self.std)).view(-1, 1, 1)
        starts = range(0, self.effort.noises, BATCH)
        with self._meter.part("noised") as report, torch.no_grad():
            for index, start in enumerate(starts):
                shape = (min(BATCH, self.effort.noises - start), *self.images.shape[1:])
                noise = budget * (2 * torch.rand(shape, generator=generator) - 1)
                for place, sample in enumerate(np.flatnonzero(tried & ~broken)):
                    slice_of(report, index, len(starts))(place / tried.sum())
                    clean = torch.from_numpy(self.images[sample]).expand(shape)
                    noisy = self.threat.project(clean, clean + noise, self.std)
                    predictions = self.bench.stack.logits(self._tensor(noisy.numpy()))[0].argmax(dim=1)
                    broken[sample] = bool((predictions != int(self.labels[sample])).any())
        return self._attempt(tried, broken)

    @cached_property
    def transferred(self) -> np.ndarray:
        """Correct on what PGD made of the images on the reference."""
        if self.reference is None:
            raise NotRun("There is no other Std run of this data set and architecture to transfer from")
        with self._meter.part("transferred") as report:
            images = self._attack(self._bench(self.reference.stack, self._cache), self.pgd_attack, report)
        return self._survivors(images)

    @cached_property
    def accuracy_by_share(self) -> dict[float, float]:
        """Multiple of epsilon -> accuracy under PGD on the first images; ascending."""
        threats = {
            share: self.threat.model_copy(update={"epsilon": share * self.threat.epsilon})
            for share in SHARES_OF_EPSILON
        }
        with self._meter.part("accuracy_by_share") as report:
            return {
                share: self._accuracy(self.pgd_attack, threat, slice_of(report, place, len(threats)))
                for place, (share, threat) in enumerate(threats.items())
            }

    @cached_property
    def far_accuracy(self) -> dict[float, float]:
        """Epsilon of a linf ball that holds an image without content, in pixels -> the same."""
        attacks = {epsilon: PGD(steps=self.effort.far_steps, step_size=FAR_STEP / epsilon) for epsilon in FAR_EPSILONS}
        with self._meter.part("far_accuracy") as report:
            return {
                epsilon: self._accuracy(
                    attack, ThreatModel(epsilon=epsilon, unit="pixel"), slice_of(report, place, len(attacks))
                )
                for place, (epsilon, attack) in enumerate(attacks.items())
            }

    @cached_property
    def unbroken(self) -> np.ndarray:
        """Correct after every attack above that can be run and stays inside the threat model."""
        survives = self.white_box.copy()
        for name in ("fgsm", "restarted", "doubled", "scaled", "ratio", "queried", "noised", "transferred"):
            try:
                found = getattr(self, name)
            except NotRun:
                continue
            survives &= ~found.broken if isinstance(found, Attempt) else found
        return survives

    def _bench(self, stack: Stack, cache: AdversarialCache | None) -> AttackSession:
        return AttackSession(stack, self.images, self.labels, self.threat, self.std, self.seed, cache, None)

    def _attack(
        self,
        bench: AttackSession,
        attack: AttackConfig,
        report: Report,
        threat: ThreatModel | None = None,
        where: np.ndarray | None = None,
        draw: int = 0,
    ) -> np.ndarray:
        """Adversarial images (n, C, H, W), as of `AttackSession.attack`."""
        bench.progress, bench.done, bench.work = report, 0, attack.forwards * len(bench.batches)
        return bench.attack(attack, threat, None if where is None else where[None], draw)[0]

    def _survivors(self, images: np.ndarray, threat: ThreatModel | None = None) -> np.ndarray:
        """Correct before, and not misclassified inside the threat model."""
        within = (threat or self.threat).within_budget(self.images, images, self.std)
        return self.correct & ~(within & (self.bench.predict(images[None])[0][0] != self.labels))

    def _accuracy(self, attack: AttackConfig, threat: ThreatModel, report: Report) -> float:
        shown = np.arange(self.n) < self.effort.shown
        images = self._attack(self.bench, attack, report, threat, shown)
        return float(self._survivors(images, threat)[shown].mean())

    def _try(
        self,
        part: str,
        attack: AttackConfig,
        bench: AttackSession,
        count: int | None = None,
        draws: Sequence[int] = (0,),
    ) -> Attempt:
        """An attack on the first survivors, each further draw on what is left of them."""
        self._require_fit(attack)
        tried = self._first_survivors(count or self.effort.tried)
        left = tried
        with self._meter.part(part) as report:
            for place, draw in enumerate(draws):
                own = slice_of(report, place, len(draws))
                left = left & self._survivors(self._attack(bench, attack, own, where=left, draw=draw))
        return self._attempt(tried, tried & ~left)

    def _attempt(self, tried: np.ndarray, broken: np.ndarray) -> Attempt:
        return Attempt(tried, broken, float(self.white_box.mean()))

    def _first_survivors(self, count: int) -> np.ndarray:
        if not self.white_box.any():
            raise NotRun("Nothing survives the white box")
        return self.white_box & (np.cumsum(self.white_box) <= count)

    def _require_fit(self, attack: AttackConfig) -> None:
        if attack.norm == "linf" and self.threat.norm == "l2":
            raise NotRun(f"{attack.name} is no attack in an l2 ball")

    def _logits(self) -> np.ndarray:
        batches = [self.bench.stack.logits(self._tensor(self.images[batch]))[0] for batch in self.bench.batches]
        return torch.cat(batches).numpy(force=True)

    def _tensor(self, values: np.ndarray) -> torch.Tensor:
        reference = next(self.bench.stack.parameters())
        return torch.from_numpy(values).to(reference.device, reference.dtype)
