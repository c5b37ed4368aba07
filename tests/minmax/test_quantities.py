"""Quantities of a snapshot: their formulas, and the handling of new quantities and NaN."""

import json

import numpy as np
import pytest

from engine.minmax.quantities import QUANTITIES, LayerQuantity, layer_values, measure_layers, recorded

WEIGHTS = {
    "conv1": np.array([0.5, -2.0, 0.005, 0.0], np.float32),
    "conv2": np.array([0.25, 0.25], np.float32),
}


def test_each_is_its_formula():
    found = measure_layers(WEIGHTS)
    rho = 1 / (1 + np.array([0.5, 2.0, 0.005]))
    terms = rho * np.log(rho) + (1 - rho) * np.log(1 - rho)
    assert found["fuzziness"]["conv1"] == pytest.approx(-terms.sum() / 4, rel=1e-6)
    assert found["near_zero"] == {"conv1": 2, "conv2": 0} and type(found["near_zero"]["conv1"]) is int
    assert found["largest_weight"] == {"conv1": 2.0, "conv2": 0.25}


def test_results_name_the_layer_first():
    values = layer_values({"step": 3} | measure_layers(WEIGHTS))
    assert list(values) == [f"{layer}_{key}" for key in QUANTITIES for layer in ("conv1", "conv2")]
    assert values["conv1_near_zero"] == 2


def test_a_new_entry_is_measured(spread):
    record = measure_layers(WEIGHTS)
    assert recorded(record, spread, "conv1") == layer_values(record)["conv1_spread"] == WEIGHTS["conv1"].std()


def test_an_earlier_record_lacks_a_new_entry_without_an_error(spread):
    record = {key: values for key, values in measure_layers(WEIGHTS).items() if key != spread}
    assert np.isnan(recorded(record, spread, "conv1")) and np.isnan(recorded(record, "fuzziness", "conv9"))
    assert set(layer_values(record)) == {f"{layer}_{key}" for key in record for layer in WEIGHTS}


@pytest.mark.parametrize("value", [np.inf, np.nan])
def test_what_is_no_number_is_recorded_as_missing(value, monkeypatch):
    monkeypatch.setitem(QUANTITIES, "ratio", LayerQuantity("ratio", "Ratio", lambda weights: value))
    record = json.loads(json.dumps(measure_layers(WEIGHTS), allow_nan=False))
    assert record["ratio"] == {"conv1": None, "conv2": None} and np.isnan(recorded(record, "ratio", "conv1"))


def test_every_entry_is_consistent():
    for key, quantity in QUANTITIES.items():
        assert quantity.key == key and quantity.title and quantity.digits >= 0
    assert QUANTITIES["fuzziness"].heading == "Fuzziness (nats)" and QUANTITIES["fuzziness"].words(0.25) == "0.2500"
    assert QUANTITIES["fuzziness"].words(None) == QUANTITIES["fuzziness"].words(np.nan) == "–"
