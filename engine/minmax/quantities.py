"""The quantities that every snapshot records of each convolution's weights; a new one is one entry in QUANTITIES.

Records, results, lists of runs, sweeps, histories, comparisons, tables and exports read this table. A record of a run
that was trained before an entry was added lacks it: such a value is missing, which is no error.
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

    key: in records; results and `--json` call it <layer>_<key>.
    title: what tables and maps call it.
    measure: (n,) weights -> the number; one that is not finite is recorded as missing.
    unit: behind the number; empty for none.
    digits: decimals in tables.
    description: what the title of a chart calls it; the heading when empty.
    is_count: it counts weights, so that sweeps show its share of the layer.
    is_logarithmic: it spans powers of ten, so that maps color it by its logarithm.
    has_panel: it has a panel in the history of a run.
    compared: how a run stands to its reference: as a multiple of it, or as the reference over the run.
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
        """The title within a line of text."""
        return self.title[:1].lower() + self.title[1:]

    def words(self, value: float | None) -> str:
        """A value with its decimals; a dash for a missing one."""
        return "–" if value is None or isnan(value) else f"{value:.{self.digits}f}"

    @property
    def number(self) -> str:
        """Name among the numbers of a run: for a count it is the share of the layer's weights."""
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
    """Key of each quantity -> layer -> its value, as records hold them; None where a value is not finite.

    Args:
        weights: layer -> (n,).
    """
    return {
        key: {layer: _finite(quantity.measure(values)) for layer, values in weights.items()}
        for key, quantity in QUANTITIES.items()
    }


def layer_values(record: Mapping[str, Any]) -> dict[str, float | None]:
    """<layer>_<key> -> value for every quantity that a record has, as results and `--json` hold them."""
    return {f"{layer}_{key}": value for key in QUANTITIES for layer, value in record.get(key, {}).items()}


def recorded(record: Mapping[str, Any], key: str, layer: str) -> float:
    """A quantity of a layer as it was recorded; NaN where the record lacks it."""
    value = record.get(key, {}).get(layer)
    return nan if value is None else value


def _finite(value: float) -> float | None:
    return value if isfinite(value) else None
