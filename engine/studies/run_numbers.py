"""Run numbers: the quantities that describe a run in sweeps. No torch."""

from engine.attacks.catalog import has_cell
from engine.measurements.evaluation.survivors import CLEAN
from engine.minmax.quantities import QUANTITIES, LayerQuantity
from engine.queue.overview import RunOverview
from engine.robustness.report import RobustnessReport

CLEAN_ACCURACY = "clean_accuracy"


def run_numbers(run: RunOverview, report: RobustnessReport | None, layer: str = "conv1") -> dict[str, float]:
    """Run numbers by name; unknown ones are left out.

    Args:
        layer: name of the convolution whose weights are measured.

    Returns:
        Each of QUANTITIES under its `number`, a count as a fraction of the layer's weights: at the newest snapshot.
        clean_accuracy: on the whole test set, once finished.
        CLEAN, and each attack's name: accuracy on the report's images without attack, and under this one alone.
    """
    found = {quantity.number: _of_weights(run, quantity, layer) for quantity in QUANTITIES.values()}
    found[CLEAN_ACCURACY] = (run.result or {}).get(CLEAN_ACCURACY)
    if report is not None:
        found[CLEAN] = report.clean_accuracy
        found |= {
            attack.attack.name: attack.robust_accuracy
            for attack in report.attacks
            if has_cell(attack.attack, report.threat)
        }
    return {name: float(value) for name, value in found.items() if value is not None}


def _of_weights(run: RunOverview, quantity: LayerQuantity, layer: str) -> float | None:
    value = run.quantity(quantity.key, layer)
    return value / layer_size(run, layer) if quantity.is_count and value is not None else value


def layer_size(run: RunOverview, layer: str) -> int:
    """Number of weights of a convolution, as recorded or, in older records, computed from the chain of layers."""
    if (size := (run.last or {}).get("weights", {}).get(layer)) is not None:
        return size
    layers = run.config.architecture_spec.convolutions
    channels, edge = layers[layer]
    place = run.config.conv_layers.index(layer)
    inputs = layers[run.config.conv_layers[place - 1]][0] if place else run.config.dataset_spec.shape[0]
    return inputs * channels * edge * edge


def tipping_point(run: RunOverview, layer: str) -> float | None:
    """Value |w| = λ/(2μ) beyond which the objective pushes weights of this layer outward; None if there is none."""
    objective = getattr(run.config, "objective", None)
    if objective is None or (objective.scope == "conv1" and layer != run.config.conv_layers[0]):
        return None
    return objective.tipping_point


def is_running_away(run: RunOverview, layer: str) -> bool:
    """Whether the layer's largest weight at the newest snapshot is above the tipping point."""
    tipping, largest = tipping_point(run, layer), run.quantity("largest_weight", layer)
    return tipping is not None and largest is not None and largest > tipping
