"""Synthetic runs of the paper's setting on MNIST."""

from engine.paper.setting import SETTINGS
from tests.paper.archive import Archive

MNIST = SETTINGS["mnist"]

PRINTED_STD = {"fgsm": 0.8152, "pgd": 0.5928, "cw": 0.5697, "mi-fgsm": 0.6268, "l2-bim": 0.9747, "linf-bim": 0.6046}


def small_archive() -> Archive:
    """Std at the paper's accuracies minus and plus 2 points, and one seed of Min-Max under two attacks."""
    made = Archive(MNIST)
    for seed, shift in enumerate((-0.02, 0.02)):
        run_id = made.add("std", seed, clean=0.9861 + shift, fuzziness=0.4417 + shift, near_zero=8 + 2 * seed)
        made.attack(run_id, {name: value + shift for name, value in PRINTED_STD.items()})
    made.attack(made.add("min-max", 0, clean=0.97, fuzziness=0.0053, near_zero=144), {"fgsm": 0.9475, "mi-fgsm": 0.898})
    return made
