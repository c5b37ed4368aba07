"""Quantities of each convolution's weights that every snapshot records; a new quantity is one entry in QUANTITIES.

Records, results, lists of runs, sweeps, histories, comparisons, tables and exports read this table. Runs trained before
an entry was added have no value for it; the value is missing, and no error is raised.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import isfinite, isnan, nan
from typing import Any, Literal

import numpy as np

from engine.minmax.fuzziness import NEAR_ZERO_THRESHOLD, fuzziness, near_zero_count


@dataclass(frozen=True)
class LayerQuantity:
    """One number about the weights of one layer.

    key: name in records; results and `--json` use <layer>_<key>.
    title: name in tables and maps.
    measure: (n,) weights -> the number; a number that is not finite is recorded as missing.
    unit: unit of the number; empty for none.
    digits: number of decimals in tables.
    description: name in chart titles; the heading if empty.
    is_count: whether it counts weights; sweeps then show its share of the layer.
    is_logarithmic: whether it spans powers of ten; maps then color it by its logarithm.
    has_panel: whether the history of a run has a panel for it.
    compared: comparison with a reference run: "multiple" is run / reference, "reduction" is reference / run.
    """

    key: str
    title: str
    measure: Callable[[np.ndarray], float]
    unit: str = ""
    digits: int = 4
    description: str = ""
    is_count: bool = False
    is_logarithmic: bool = False
    has_panel: bool = True
    compared: Literal["multiple", "reduction"] | None = None

    @property
    def heading(self) -> str:
        """Title and unit."""
        return f"{self.title} ({self.unit})" if self.unit else self.title

    @property
    def phrase(self) -> str:
        """Title with a lower-case first letter, for use in a sentence."""
        return self.title[:1].lower() + self.title[1:]

    def words(self, value: float | None) -> str:
        """The value with `digits` decimals; a dash for a missing value."""
        return "–" if value is None or isnan(value) else f"{value:.{self.digits}f}"

    @property
    def number(self) -> str:
        """Name among the numbers of a run; for a count, that of the share of the layer's weights."""
        return f"{self.key}_share" if self.is_count else self.key


def largest_weight(weights: np.ndarray) -> float:
    """Largest |w|; (n,) -> a number of at least 0."""
    return float(np.abs(weights).max())


QUANTITIES = {
    quantity.key: quantity
    for quantity in (
        LayerQuantity(
            "fuzziness", "Fuzziness", lambda weights: float(fuzziness(weights)), unit="nats", compared="reduction"
        ),
        LayerQuantity(
            "near_zero",
            "Near zero",
            lambda weights: int(near_zero_count(weights)),
            digits=0,
            description=f"Weights near zero (|w| < {NEAR_ZERO_THRESHOLD:g})",
            is_count=True,
            compared="multiple",
        ),
        LayerQuantity("largest_weight", "Largest |w|", largest_weight, digits=3, is_logarithmic=True, has_panel=False),
    )
}


def measure_layers(weights: Mapping[str, np.ndarray]) -> dict[str, dict[str, float | None]]:
    """Key of each quantity -> layer -> value, as in records; None for a value that is not finite.

    Args:
        weights: layer -> (n,).
    """
    return {
        key: {layer: _finite(quantity.measure(values)) for layer, values in weights.items()}
        for key, quantity in QUANTITIES.items()
    }


def layer_values(record: Mapping[str, Any]) -> dict[str, float | None]:
    """<layer>_<key> -> value for every quantity in a record, as in results and `--json`."""
    return {f"{layer}_{key}": value for key in QUANTITIES for layer, value in record.get(key, {}).items()}


def recorded(record: Mapping[str, Any], key: str, layer: str) -> float:
    """The recorded quantity of a layer; NaN if the record does not contain it."""
    value = record.get(key, {}).get(layer)
    return nan if value is None else value


def _finite(value: float) -> float | None:
    return value if isfinite(value) else None
