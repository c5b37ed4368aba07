"""Run numbers: what sweeps are judged by. No torch."""

from engine.attacks.catalog import has_cell
from engine.measurements.evaluation.survivors import CLEAN
from engine.queue.overview import RunOverview
from engine.robustness.report import RobustnessReport

OF_WEIGHTS = ("fuzziness", "near_zero", "largest_weight")
CLEAN_ACCURACY = "clean_accuracy"


def run_numbers(run: RunOverview, report: RobustnessReport | None, layer: str = "conv1") -> dict[str, float]:
    """Run numbers by name; those that are not known are left out.

    Args:
        layer: convolution whose weights are meant.

    Returns:
        fuzziness in nats, near_zero as a fraction of the layer's weights, largest_weight: at the newest snapshot.
        clean_accuracy: on the whole test set, once finished.
        CLEAN, and each attack's name: accuracy on the report's images without attack, and under this one alone.
    """
    last, result = run.last or {}, run.result or {}
    found = {name: last.get(name, {}).get(layer) for name in OF_WEIGHTS}
    size = layer_size(run, layer)
    if found["near_zero"] is not None:
        found["near_zero"] /= size
    found[CLEAN_ACCURACY] = result.get(CLEAN_ACCURACY)
    if report is not None:
        found[CLEAN] = report.clean_accuracy
        found |= {
            attack.attack.name: attack.robust_accuracy
            for attack in report.attacks
            if has_cell(attack.attack, report.threat)
        }
    return {name: float(value) for name, value in found.items() if value is not None}


def layer_size(run: RunOverview, layer: str) -> int:
    """Number of weights of a convolution."""
    layers = run.config.architecture_spec.convolutions
    channels, edge = layers[layer]
    place = run.config.conv_layers.index(layer)
    inputs = layers[run.config.conv_layers[place - 1]][0] if place else run.config.dataset_spec.shape[0]
    return inputs * channels * edge * edge


def tipping_point(run: RunOverview, layer: str) -> float | None:
    """|w| = λ/(2μ) beyond which the objective pushes weights of this layer outwards; None where it never does."""
    objective = getattr(run.config, "objective", None)
    if objective is None or (objective.scope == "conv1" and layer != run.config.conv_layers[0]):
        return None
    return objective.tipping_point


def is_running_away(run: RunOverview, layer: str) -> bool:
    """Whether the layer's largest weight lies where the penalty pushes it outwards, at the newest snapshot."""
    tipping, largest = tipping_point(run, layer), (run.last or {}).get("largest_weight", {}).get(layer)
    return tipping is not None and largest is not None and largest > tipping
