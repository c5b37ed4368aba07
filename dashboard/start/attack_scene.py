"""First scene: a small change of a digit, which one network is fooled by."""

import numpy as np

from dashboard.figures.images import as_picture, perturbation_png, png_uri
from dashboard.start.pictures import image_uri
from dashboard.start.recorded_pair import ATTACK, Pair
from engine.formatting import percent
from engine.measurements.evaluation.survivors import CLEAN


def attack_scene(pair: Pair) -> dict | None:
    """Data of the scene; None if no recorded image fools Std and not Min-Max.

    The image is the one on which Std is most confident in a wrong class, at the smallest ε where one exists. Min-Max
    classifies the clean image, Std's adversarial image, and its own adversarial image correctly.
    """
    for epsilon in pair.steps:
        protocol = pair.std.ladder[epsilon]
        if (position := fooling_image(pair, protocol)) is not None:
            return _scene(pair, protocol, position)
    return None


def fooling_image(pair: Pair, protocol: str) -> int | None:
    """Position of the image on which Std is most confident in a wrong class, of those that fool Std alone."""
    if (transfer := pair.transfers.get(protocol)) is None:
        return None
    clean, std = (pair.std.arrays[protocol, name] for name in (CLEAN, ATTACK))
    own_clean, own = (pair.minmax.arrays[protocol, name] for name in (CLEAN, ATTACK))
    kept = min(len(std["adversarial_images"]), len(transfer.target_probabilities))
    labels = clean["labels"][:kept]
    right = np.logical_and.reduce(
        [
            answers[:kept] == labels
            for answers in (
                clean["predictions"],
                own_clean["predictions"],
                own["predictions"],
                np.array(transfer.target_adversarial),
            )
        ]
    )
    fooled = right & (std["predictions"][:kept] != labels)
    if not fooled.any():
        return None
    return int(np.where(fooled, std["probabilities"][:kept].max(axis=1), -1).argmax())


def _scene(pair: Pair, protocol: str, position: int) -> dict:
    transfer, spec = pair.transfers[protocol], pair.std.spec
    clean, attacked = (pair.std.arrays[protocol, name] for name in (CLEAN, ATTACK))
    minmax_clean = pair.minmax.arrays[protocol, CLEAN]
    images = [arrays["adversarial_images"][position] for arrays in (clean, attacked)]
    change = images[1] - images[0]
    size, truth = float(np.abs(change).max()), int(clean["labels"][position])
    std, minmax = pair.std.network, pair.minmax.network

    def verdict(name: str, prediction: int, probabilities) -> dict:
        share = percent(float(probabilities[prediction]))
        return {"name": name, "says": spec.classes[prediction], "share": share, "isRight": prediction == truth}

    before = [
        verdict(network.name, int(arrays["predictions"][position]), arrays["probabilities"][position])
        for network, arrays in ((std, clean), (minmax, minmax_clean))
    ]
    after = [
        verdict(std.name, int(attacked["predictions"][position]), attacked["probabilities"][position]),
        verdict(minmax.name, transfer.target_adversarial[position], transfer.target_probabilities[position]),
    ]
    own = pair.minmax.arrays[protocol, ATTACK]
    own_share = percent(float(own["probabilities"][position][truth]))
    digit, wrong = spec.classes[truth], after[0]["says"]
    return {
        "kind": "attack",
        "title": f"A small change, and {std.name} says {wrong}",
        "lead": (
            f"Both networks read this {spec.title} test image as {digit}. The attack {ATTACK} changes every pixel by "
            f"at most {100 * size:.1f} % of the range from black to white. {std.name}, the network without a penalty, "
            f"then says {wrong}. {minmax.name} still says {digit}."
        ),
        "colors": {std.name: std.color, minmax.name: minmax.color},
        "pictures": [
            {"image": image_uri(images[0]), "alt": f"Clean image of {digit}", "title": "Clean", "verdicts": before},
            {
                "image": png_uri(perturbation_png(as_picture(change), scale=1)),
                "alt": "Change of each pixel: red is brighter, blue is darker",
                "title": f"Change, × {1 / size:.1f}",
                "verdicts": [],
            },
            {"image": image_uri(images[1]), "alt": f"Changed image of {digit}", "title": "Changed", "verdicts": after},
        ],
        "note": (
            f"Test image {clean['sample_ids'][position]}; the change was computed against {std.name}. When {ATTACK} "
            f"attacks {minmax.name} itself with the same budget, it still says {digit} ({own_share})."
        ),
    }
