"""Clean and robust accuracy of every member of a stack, on fixed images."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from time import perf_counter

import numpy as np

from engine.attacks.catalog import check_attacks
from engine.attacks.configs import AttackConfig
from engine.attacks.threat import ThreatModel
from engine.errors import InputError
from engine.models.stack import Stack
from engine.robustness.attack_session import AttackSession, as_pixels
from engine.robustness.cache import AdversarialCache
from engine.robustness.report import AttackResult, Judgement, RobustnessReport, judge, still_correct, summarize


@dataclass(frozen=True, eq=False)
class AttackOutcome:
    """One attack on one member, as soon as it is over.

    adversarial_images: (n, C, H, W) float32 in [0, 1]; predictions: (n,) int64; probabilities: (n, classes) float32.
    """

    member: int
    result: AttackResult
    judgement: Judgement
    adversarial_images: np.ndarray
    predictions: np.ndarray
    probabilities: np.ndarray


@dataclass(frozen=True, eq=False)
class MemberEvaluation:
    """All about one member, after the last attack; shapes as in AttackOutcome, of the clean images."""

    member: int
    report: RobustnessReport
    clean_predictions: np.ndarray
    clean_probabilities: np.ndarray


def evaluate(
    stack: Stack,
    images: np.ndarray,
    labels: np.ndarray,
    sample_ids: Sequence[int],
    attacks: Sequence[AttackConfig],
    threat: ThreatModel,
    std: Sequence[float],
    seed: int,
    cache: AdversarialCache | None = None,
    progress: Callable[[float], None] | None = None,
) -> Iterator[AttackOutcome | MemberEvaluation]:
    """Attack every image of every member: K outcomes after each attack, K member evaluations at the end.

    Images that are misclassified anyway are not attacked: they stay as they are, and count as not robust. Random
    numbers are those of (seed, attack, batch), so a result depends neither on the other attacks, nor on the other
    members, nor on images that come later.

    Args:
        images, labels: (n, C, H, W), uint8 or floats in [0, 1], and (n,) integers; sample_ids: (n,).
        progress: called with the fraction done in [0, 1] before every forward pass; may raise to stop.

    Raises:
        InputError: from the first `next`, as in `perturb` and `check_attacks`.
    """
    check_attacks(attacks, threat)
    if not len(images) == len(labels) == len(sample_ids) > 0:
        counts = f"{len(images)}, {len(labels)} and {len(sample_ids)}"
        raise InputError("as many images, labels and sample ids, at least one", counts, "Pass them so.")
    bench = AttackSession(stack, as_pixels(images), np.asarray(labels, np.int64), threat, std, seed, cache, progress)
    bench.work = sum(attack.forwards for attack in attacks) * len(bench.batches) * stack.size
    correct = bench.correct
    results: list[list[AttackResult]] = [[] for _ in range(stack.size)]
    survivors = correct.copy()
    for attack in attacks:
        started = perf_counter()
        adversarial = bench.attack(attack)
        predictions, probabilities = bench.predict(adversarial)
        seconds = (perf_counter() - started) / stack.size
        for k, wrong in enumerate(predictions != labels):
            found = judge(attack, threat, std, bench.images, adversarial[k], wrong)
            result = summarize(attack, threat, correct[k], found, seconds)
            results[k].append(result)
            survivors[k] = still_correct(survivors[k], found.breaks_worst_case)
            yield AttackOutcome(k, result, found, adversarial[k], predictions[k], probabilities[k])
    for k in range(stack.size):
        report = RobustnessReport(
            threat=threat,
            pixel_epsilon=threat.pixel_budget(std),
            seed=seed,
            sample_ids=tuple(map(int, sample_ids)),
            clean_accuracy=float(correct[k].mean()),
            robust_accuracy=float(survivors[k].mean()),
            attacks=tuple(results[k]),
        )
        yield MemberEvaluation(k, report, bench.clean_predictions[k], bench.clean_probabilities[k])
