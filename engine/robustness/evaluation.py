"""Clean and robust accuracy of a network on fixed images."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from time import perf_counter

import numpy as np

from engine.attacks.attack_config import AttackConfig
from engine.attacks.catalog import check_attacks
from engine.errors import InputError
from engine.robustness.attack_session import AttackSession
from engine.robustness.attack_setup import AttackSetup
from engine.robustness.meter import Meter, Report
from engine.robustness.report import AttackResult, Judgement, RobustnessReport, judge, summarize, worst_case


@dataclass(frozen=True, eq=False)
class AttackOutcome:
    """Outcome of one attack on the network.

    adversarial_images: (n, C, H, W) float32 in [0, 1]; predictions: (n,) int64; probabilities: (n, classes) float32.
    """

    result: AttackResult
    judgement: Judgement
    adversarial_images: np.ndarray
    predictions: np.ndarray
    probabilities: np.ndarray


@dataclass(frozen=True, eq=False)
class Evaluation:
    """Outcomes of all attacks on the network, and its predictions on the clean images, shaped as in `AttackOutcome`.

    outcomes: attack name -> outcome, in the order of the request.
    """

    report: RobustnessReport
    clean_predictions: np.ndarray
    clean_probabilities: np.ndarray
    outcomes: Mapping[str, AttackOutcome]


def evaluate(
    setup: AttackSetup,
    attacks: Sequence[AttackConfig],
    sample_ids: Sequence[int],
    earlier: Sequence[tuple[AttackResult, Judgement]] = (),
    samples: int | None = None,
    ended: Callable[[Evaluation], object] = lambda so_far: None,
) -> Evaluation:
    """Attack every image that the network classifies correctly, with each attack, the cheapest first.

    Images that are misclassified without an attack stay clean and count as not robust. Random numbers depend only on
    (seed, attack, batch), so a result depends neither on other attacks nor on later images.

    Args:
        sample_ids: (n,) indices into the test set, for the report.
        earlier: earlier attacks on the same network and images that the report includes.
        samples: number of images requested, for the report.
        ended: called with the evaluation so far after each attack but the last.

    Raises:
        InputError: as in `perturb` and `check_attacks`, or the number of sample ids differs from that of images.
    """
    check_attacks(attacks, setup.threat)
    if len(sample_ids) != len(setup.labels):
        got = f"{len(setup.labels)} images and {len(sample_ids)} sample ids"
        raise InputError("as many sample ids as images", got, "Pass the id of each image.")
    session, meter = AttackSession(setup), Meter({attack.name: attack.cost for attack in attacks}, setup.progress)
    found: dict[str, AttackOutcome] = {}

    def so_far() -> Evaluation:
        outcomes = {attack.name: found[attack.name] for attack in attacks if attack.name in found}
        judged = [*earlier, *((outcome.result, outcome.judgement) for outcome in outcomes.values())]
        return Evaluation(
            report=RobustnessReport(
                threat=setup.threat,
                pixel_epsilon=setup.threat.pixel_budget(setup.std),
                seed=setup.seed,
                sample_ids=tuple(map(int, sample_ids)),
                samples=samples,
                clean_accuracy=float(session.correct.mean()),
                robust_accuracy=float(worst_case(session.correct, (judgement for _, judgement in judged)).mean()),
                attacks=tuple(result for result, _ in judged),
            ),
            clean_predictions=session.clean_predictions,
            clean_probabilities=session.clean_probabilities,
            outcomes=outcomes,
        )

    for number, attack in enumerate(sorted(attacks, key=lambda attack: attack.cost), start=1):
        with meter.part(attack.name, f"{attack.name}, attack {number} of {len(attacks)}") as report:
            found[attack.name] = _run(session, attack, report)
        if number < len(attacks):
            ended(so_far())
    return so_far()


def _run(session: AttackSession, attack: AttackConfig, report: Report) -> AttackOutcome:
    started, setup = perf_counter(), session.setup
    adversarial = session.attack(attack, report=report)
    predictions, probabilities = session.predict(adversarial)
    seconds = perf_counter() - started
    wrong = predictions != session.labels
    found = judge(attack, setup.threat, setup.std, session.images, adversarial, wrong)
    result = summarize(attack, setup.threat, session.correct, found, seconds)
    return AttackOutcome(result, found, adversarial, predictions, probabilities)
