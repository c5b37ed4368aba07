"""Accuracy against epsilon: one attack at ever larger epsilons, on what is still correct."""

from collections.abc import Callable, Sequence

import numpy as np

from engine.attacks.catalog import attack_threat
from engine.attacks.configs import AttackConfig
from engine.attacks.threat import ThreatModel
from engine.errors import InputError
from engine.models.stack import Stack
from engine.robustness.attack_session import AttackSession, as_pixels
from engine.robustness.cache import AdversarialCache
from engine.robustness.curve import RobustnessCurve, epsilon_steps
from engine.robustness.report import judge


def trace(
    stack: Stack,
    images: np.ndarray,
    labels: np.ndarray,
    sample_ids: Sequence[int],
    attack: AttackConfig,
    threat: ThreatModel,
    std: Sequence[float],
    seed: int,
    cache: AdversarialCache | None = None,
    progress: Callable[[float, str], None] | None = None,
) -> RobustnessCurve:
    """The curve of the stack's only member, in steps of `threat.epsilon`, until nothing is left or as `epsilon_steps`.

    Balls nest, so an image that is misclassified at one epsilon counts as misclassified at every larger one and is
    not attacked again: accuracy never rises.

    Args:
        images, labels: (n, C, H, W), uint8 or floats in [0, 1], and (n,) integers; sample_ids: (n,).
        progress: called with the fraction of all steps there may be and what was reached; may raise to stop.

    Raises:
        InputError: not one member, an attack that minimizes, no step above 0, or as in `perturb`.
    """
    ball = attack_threat(attack, threat)
    if ball is None or ball.epsilon <= 0.0 or stack.size != 1:
        got = f"{attack.name} with a step of {threat.epsilon:g} on {stack.size}"
        raise InputError("an attack that searches a ball, with a step above 0, on one network", got, "Change that.")
    words, reached = "", 0.0

    def tell(fraction: float) -> None:
        nonlocal reached
        reached = max(reached, fraction)
        if progress is not None:
            progress(reached, words)

    bench = AttackSession(stack, as_pixels(images), np.asarray(labels, np.int64), ball, std, seed, cache, tell)
    steps, ended = epsilon_steps(ball, std, bench.images.shape[1:])
    bench.work = attack.forwards * len(bench.batches) * len(steps)
    alive = bench.correct[0].copy()
    broken_at: list[float | None] = [None if right else 0.0 for right in alive]
    epsilons, n_invalid, words = [0.0], 0, _words(0.0, alive)
    for number, epsilon in enumerate(steps):
        if not alive.any():
            break
        tell(number / len(steps))
        here = ball.model_copy(update={"epsilon": epsilon})
        adversarial = bench.attack(attack, here, alive[None])
        predictions, _ = bench.predict(adversarial)
        found = judge(attack, here, std, bench.images, adversarial[0], predictions[0] != labels)
        n_invalid += int((alive & ~found.is_valid).sum())
        lost = alive & found.breaks_worst_case
        for sample in np.flatnonzero(lost):
            broken_at[sample] = epsilon
        alive &= ~lost
        epsilons.append(epsilon)
        words = _words(epsilon, alive)
    tell(1.0)
    return RobustnessCurve(
        attack=attack,
        threat=ball,
        pixel_scale=ball.model_copy(update={"epsilon": 1.0}).pixel_budget(std),
        seed=seed,
        sample_ids=tuple(map(int, sample_ids)),
        epsilons=tuple(epsilons),
        broken_at=tuple(broken_at),
        n_invalid=n_invalid,
        ended=ended if alive.any() else "nothing left",
    )


def _words(epsilon: float, alive: np.ndarray) -> str:
    share = alive.mean()
    return f"ε = {epsilon:g}: {'under 1' if 0.0 < share < 0.01 else f'{100 * share:.0f}'} % left"
