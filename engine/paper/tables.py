"""Numbers of Shen, Chen & Wang (arXiv 2011.13719): tables 1 to 3 and the counts of figures 4 and 5."""

from dataclasses import dataclass
from typing import Literal

TableNumber = Literal[1, 2, 3]

NO_ATTACK, FUZZINESS = "none", "fuzziness"
"""Quantities of cells other than the six attacks."""

PRINTED_NAMES = {
    NO_ATTACK: "No attack",
    "fgsm": "FGSM",
    "pgd": "PGD",
    "cw": "CW",
    "mi-fgsm": "MIA",
    "l2-bim": "L2BIA",
    "linf-bim": "LinfBIA",
    FUZZINESS: "Fuzziness",
}
"""Quantity -> name in the paper."""


@dataclass(frozen=True)
class PrintedCell:
    """One number of the paper.

    quantity: FUZZINESS of the first convolution in nats, else accuracy as a fraction: NO_ATTACK or an attack's name.
    oddity: explanation, if the number looks wrong in the paper.
    """

    table: TableNumber
    dataset: str
    quantity: str
    variant: str
    value: float
    oddity: str | None = None


SWAPPED = (
    "Almost certainly swapped with its neighbor in print: with .6512, Min-Max would be more accurate under this attack "
    "than without one (.5668)."
)
FAR_BELOW_PGD = "Below PGD's .8369, while for every other model the two attacks agree within .04."

ODDITIES = {
    ("cifar10", "l2-bim", "std+l2"): SWAPPED,
    ("cifar10", "l2-bim", "min-max"): SWAPPED,
    ("mnist", "mi-fgsm", "min-max"): FAR_BELOW_PGD,
}

_COLUMNS = ("std", "std+l1", "std+l2", "min-max")
_ACCURACIES = {
    "mnist": {
        NO_ATTACK: (0.9861, 0.9747, 0.9576, 0.9844),
        "fgsm": (0.8152, 0.7610, 0.7631, 0.9475),
        "pgd": (0.5928, 0.6198, 0.7130, 0.8369),
        "cw": (0.5697, 0.4961, 0.5403, 0.6892),
        "mi-fgsm": (0.6268, 0.6190, 0.7181, 0.6980),
        "l2-bim": (0.9747, 0.9659, 0.9501, 0.9765),
        "linf-bim": (0.6046, 0.6276, 0.7126, 0.8599),
    },
    "cifar10": {
        NO_ATTACK: (0.6352, 0.5589, 0.6573, 0.5668),
        "fgsm": (0.2382, 0.3144, 0.3716, 0.3927),
        "pgd": (0.1669, 0.2937, 0.3416, 0.3712),
        "cw": (0.0, 0.0, 0.0, 0.0),
        "mi-fgsm": (0.1583, 0.2918, 0.3382, 0.3633),
        "l2-bim": (0.6249, 0.5550, 0.5561, 0.6512),
        "linf-bim": (0.2128, 0.3135, 0.3594, 0.3860),
    },
}
_FUZZINESS = {
    "mnist": {"std": 0.4417, "adv": 0.2611, "min-max": 0.0053},
    "cifar10": {"std": 0.2842, "adv": 0.1594, "min-max": 0.0016},
}

NEAR_ZERO_RATIOS = {"mnist": (17, 19), "cifar10": (140, 150)}
"""Near-zero weights of Min-Max as a multiple of Std's, from and to (text to figures 4 and 5)."""

TABLE_OF = {"mnist": 1, "cifar10": 2}
"""Data set -> the table of its accuracies."""

TITLES = {
    1: "Table 1: accuracy on MNIST, without attack and under six",
    2: "Table 2: accuracy on CIFAR-10, without attack and under six",
    3: "Table 3: fuzziness of the first convolution",
}


def _cells() -> list[PrintedCell]:
    accuracies = [
        PrintedCell(table, dataset, quantity, variant, value, ODDITIES.get((dataset, quantity, variant)))
        for (dataset, rows), table in zip(_ACCURACIES.items(), (1, 2), strict=True)
        for quantity, values in rows.items()
        for variant, value in zip(_COLUMNS, values, strict=True)
    ]
    fuzziness = [
        PrintedCell(3, dataset, FUZZINESS, variant, value)
        for dataset, values in _FUZZINESS.items()
        for variant, value in values.items()
    ]
    return accuracies + fuzziness


CELLS = tuple(_cells())
"""All cells of the three tables, row by row."""
