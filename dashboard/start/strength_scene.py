"""Fourth scene: both networks under an attack of growing ε."""

import numpy as np

from dashboard.start.pictures import image_uri
from dashboard.start.recorded_pair import ATTACK, Pair, Recorded
from engine.attacks.threat import ThreatModel
from engine.formatting import percent
from engine.measurements.evaluation.survivors import CLEAN
from engine.robustness.curve import RobustnessCurve

MOST_DIGITS = 5


def strength_scene(pair: Pair) -> dict | None:
    """Data of the scene: recorded images at every recorded ε, and accuracies from the curves of the same attack.

    None without images at two values of ε or without curves that were measured in the same way.
    """
    curves, steps = curves_of(pair), pair.steps
    digits = chosen_digits(pair)
    if curves is None or len(steps) < 2 or not digits:
        return None
    stops, usual, (std, minmax) = [0.0, *steps], pair.std.spec.epsilon, pair.both
    return {
        "kind": "strength",
        "title": "Both networks under attack",
        "lead": (
            f"For each network, {ATTACK} looks for a change of at most ε that leads to another class. Raise ε "
            "until both networks fail. It stops where images were recorded."
        ),
        "stops": [f"{stop:g}" for stop in stops],
        "epsilons": stops,
        "pixels": [f"{100 * pixels(pair.std, stop):.1f} %" for stop in stops],
        "start": stops.index(usual) if usual in stops else len(stops) // 2,
        "end": max(*(curve.epsilons[-1] for curve in curves), *stops),
        "digits": [pair.std.spec.classes[truth] for truth, _ in digits],
        "networks": [_network(one, curve, stops, digits) for one, curve in zip((std, minmax), curves, strict=True)],
        "note": (
            f"ε is in normalized units. Accuracies: {ATTACK} on {curves[0].n} test images. The digits are the first "
            "attacked ones of five classes that both networks classify correctly."
        ),
    }


def pixels(one: Recorded, epsilon: float) -> float:
    """A normalized epsilon in pixels, of the channel with the largest budget."""
    return max(ThreatModel(epsilon=epsilon).pixel_budget(one.spec.std))


def curves_of(pair: Pair) -> tuple[RobustnessCurve, RobustnessCurve] | None:
    """Curves of ATTACK against normalized ε that were measured in the same way; None if there are none."""
    for curve in pair.std.curves:
        if curve.attack.name == ATTACK and (curve.threat.norm, curve.threat.unit) == ("linf", "normalized"):
            for other in pair.minmax.curves:
                if other.way == curve.way:
                    return curve, other
    return None


def chosen_digits(pair: Pair) -> list[tuple[int, int]]:
    """(class, sample id) of the first images that both networks get right, each of another class.

    Of each image there is a picture at every step.
    """
    kept = [{int(one) for one in _ids(recorded, epsilon)} for recorded in pair.both for epsilon in pair.steps]
    found: dict[int, int] = {}
    for epsilon in pair.steps[:1]:
        protocol = pair.std.ladder[epsilon]
        std, minmax = (recorded.arrays[protocol, CLEAN] for recorded in pair.both)
        right = (std["predictions"] == std["labels"]) & (minmax["predictions"] == minmax["labels"])
        for sample, label, is_right in zip(std["sample_ids"], std["labels"], right, strict=True):
            if is_right and all(int(sample) in ids for ids in kept):
                found.setdefault(int(label), int(sample))
    return list(found.items())[:MOST_DIGITS]


def _ids(recorded: Recorded, epsilon: float) -> np.ndarray:
    """Sample ids of the images that are kept at an epsilon."""
    protocol = recorded.ladder[epsilon]
    kept = len(recorded.arrays[protocol, ATTACK]["adversarial_images"])
    return recorded.arrays[protocol, CLEAN]["sample_ids"][:kept]


def _network(one: Recorded, curve: RobustnessCurve, stops: list[float], digits: list[tuple[int, int]]) -> dict:
    return {
        "name": one.network.name,
        "color": one.network.color,
        "curve": [[epsilon, accuracy] for epsilon, accuracy in zip(curve.epsilons, curve.accuracies, strict=True)],
        "accuracies": [accuracy_at(curve, stop) for stop in stops],
        "answers": [[answer(one, stop, truth, sample) for stop in stops] for truth, sample in digits],
    }


def accuracy_at(curve: RobustnessCurve, epsilon: float) -> str:
    """Accuracy at an epsilon in percent; a dash where it was not measured."""
    is_known = epsilon <= curve.epsilons[-1] or not curve.survivors[-1]
    return percent(int(curve.survivors_at([epsilon])[0]) / curve.n if is_known else None)


def answer(one: Recorded, epsilon: float, truth: int, sample: int) -> dict:
    """The image of a sample under ATTACK at an epsilon, 0 for the clean one, and what the network says of it."""
    arrays, position = one.attacked(epsilon, sample)
    says = int(arrays["predictions"][position])
    return {
        "image": image_uri(arrays["adversarial_images"][position]),
        "says": one.spec.classes[says],
        "share": percent(float(arrays["probabilities"][position][says])),
        "isRight": says == truth,
    }
