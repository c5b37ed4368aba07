"""Fifth scene: the limits of the protection: a threshold on one pixel, the worst attack, and the l2 norm."""

import numpy as np

from dashboard.frames.tables import thin
from dashboard.start.pictures import image_uri
from dashboard.start.recorded_pair import Pair
from dashboard.start.strength_scene import chosen_digits, pixels
from engine.formatting import percent
from engine.minmax.threshold import PixelThreshold
from engine.robustness.curve import RobustnessCurve
from engine.robustness.report import RobustnessReport

MOST_POINTS = 80


def limits_scene(pair: Pair) -> dict | None:
    """Data of the scene; None if none of its three parts is recorded."""
    parts = {"threshold": threshold_part(pair), "worst": worst_part(pair), "l2": l2_part(pair)}
    if not any(parts.values()):
        return None
    return {
        "kind": "limits",
        "title": "The limits of the protection",
        "lead": (
            "The protection has a simple reason, and it ends where the reason ends. Move ε past the threshold, then "
            "look at the strongest attack and at another norm."
        ),
        "colors": {one.network.name: one.network.color for one in pair.both},
        **parts,
    }


def threshold_part(pair: Pair) -> dict | None:
    """What a filter with one large weight passes on of an attacked image at every recorded ε."""
    thresholds = [one for one in pair.minmax.thresholds if one.protects == "black"]
    digits = chosen_digits(pair)
    if not thresholds or not digits or pair.minmax.spec.shape[0] != 1:
        return None
    threshold, stops = thresholds[0], [0.0, *pair.steps]
    minmax, (_, sample) = pair.minmax, digits[0]
    found = [minmax.attacked(stop, sample) for stop in stops]
    images = [arrays["adversarial_images"][position] for arrays, position in found]
    return {
        "title": "A threshold on one pixel",
        "words": (
            f"Filter {threshold.filter + 1} of {minmax.network.name} has one large weight. After ReLU it passes on "
            f"only what is brighter than {threshold.pixel:.3f}. A black background has no effect until ε exceeds "
            f"{normalized(pair, threshold):.2f} ({threshold.pixel:.3f} in pixels)."
        ),
        "stops": [f"{stop:g}" for stop in stops],
        "isBeyond": [pixels(minmax, stop) > threshold.epsilon for stop in stops],
        "start": min(3, len(stops) - 1),
        "images": [image_uri(image) for image in images],
        "passed": [image_uri(passed_on(image, threshold.pixel)) for image in images],
    }


def normalized(pair: Pair, threshold: PixelThreshold) -> float:
    """The largest perturbation without effect, in normalized units."""
    return threshold.epsilon / pair.minmax.spec.std[threshold.channel]


def passed_on(image: np.ndarray, threshold: float) -> np.ndarray:
    """Output of the threshold for every pixel, from 0 at the threshold to 1 at white; same shape as the image."""
    return np.clip((image - threshold) / (1 - threshold), 0, 1)


def worst_part(pair: Pair) -> dict | None:
    """Accuracy under every attack in the ball, the worst for Min-Max first, under the protocol with most attacks."""
    shared = [name for name in pair.std.reports if name in pair.minmax.reports]
    if not shared:
        return None
    std, minmax = (
        one.reports[max(shared, key=lambda name: len(pair.minmax.reports[name].attacks))] for one in pair.both
    )
    names = sorted(in_ball(minmax), key=minmax.robust_accuracy_by_attack.__getitem__)
    if not names:
        return None
    worst, first, second = names[0], pair.std.network.name, pair.minmax.network.name
    shares = {name: [report.robust_accuracy_by_attack[name] for report in (std, minmax)] for name in names}
    shares["all together"] = [std.robust_accuracy, minmax.robust_accuracy]
    return {
        "title": "The strongest attack",
        "words": (
            f"Of {len(names)} attacks with ε = {minmax.threat.epsilon:g} in {_norm(minmax)}, {worst} breaks {second} "
            f"most: {percent(shares[worst][1])} of {minmax.n} images are still right. Under all attacks together it is "
            f"{percent(minmax.robust_accuracy)}, and {percent(std.robust_accuracy)} for {first}."
        ),
        "names": [first, second],
        "rows": [{"name": name, "shares": both, "words": [*map(percent, both)]} for name, both in shares.items()],
    }


def in_ball(report: RobustnessReport) -> list[str]:
    """Attacks that searched the report's own ball."""
    return [result.attack.name for result in report.attacks if result.threat == report.threat]


def _norm(report: RobustnessReport) -> str:
    return "l∞" if report.threat.norm == "linf" else "l2"


def l2_part(pair: Pair) -> dict | None:
    """Accuracy against l2 distance, by the attack that takes half of Min-Max's accuracy at the smallest distance."""
    found = [
        (other.half_epsilon, curve, other)
        for curve in pair.std.curves
        for other in pair.minmax.curves
        if curve.way == other.way and curve.threat.norm == "l2" and curve.half_epsilon and other.half_epsilon
    ]
    if not found:
        return None
    _, std, minmax = min(found, key=lambda one: one[0])
    first, second = (float(curve.half_epsilon or 0.0) for curve in (std, minmax))
    names = [one.network.name for one in pair.both]
    gain = "more than" if second > 1.05 * first else "less than" if second < 0.95 * first else "about the same as"
    return {
        "title": "The l2 norm",
        "words": (
            f"Where an attack may change few pixels strongly, {names[1]} withstands {gain} "
            f"{names[0]}: {minmax.attack.name} takes half of the accuracy at an l2 distance of {second:.2f}, and of "
            f"{first:.2f} for {names[0]} ({minmax.n} images)."
        ),
        "end": max(std.epsilons[-1], minmax.epsilons[-1]),
        "lines": [
            {"name": name, "points": points(curve), "half": half}
            for name, curve, half in zip(names, (std, minmax), (first, second), strict=True)
        ],
    }


def points(curve: RobustnessCurve) -> list[list[float]]:
    """At most MOST_POINTS points [distance, accuracy] of a curve."""
    kept = thin(len(curve.epsilons), MOST_POINTS)
    accuracies = curve.accuracies
    return [[curve.epsilons[place], accuracies[place]] for place in kept]
