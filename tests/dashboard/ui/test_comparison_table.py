"""The table of runs beside their reference: every quantity has a column, a heading and a format."""

import pandas as pd

from dashboard.frames.comparison import COMPARISON
from dashboard.frames.tables import IDENTITY
from dashboard.ui.comparison_table import COLUMN_CONFIG, readable
from engine.minmax.quantities import QUANTITIES

ROW = {
    "run_id": "a-run", "label": "Min-Max", "variant": "min-max", "epoch": 2.0, "weights": 150,
    "near_zero": 119, "near_zero_ratio": 17.0, "fuzziness": 0.01, "fuzziness_reduction": 20.0,
    "largest_weight": 1.5, "clean_accuracy": 0.95, "robust_accuracy": 0.5,
}  # fmt: skip


def test_columns_are_named_for_people():
    assert set(ROW) == {*IDENTITY, *COMPARISON}
    table = readable(pd.DataFrame([ROW]))
    assert table.iloc[0].to_dict() == {
        "Run": "Min-Max",
        "Epoch": 2.0,
        "Fuzziness (nats)": 0.01,
        "Fuzziness, reference ÷ run": 20.0,
        "Near zero": 119,
        "Near zero, × reference": 17.0,
        "Largest |w|": 1.5,
        "Clean accuracy, 1,000 images (%)": 95.0,
        "Under attack, probe (%)": 50.0,
    }
    assert set(COLUMN_CONFIG) == set(table.columns) - {"Run"}


def test_every_quantity_has_a_column():
    assert set(QUANTITIES) <= set(COMPARISON)
    assert {quantity.heading for quantity in QUANTITIES.values()} <= set(COLUMN_CONFIG)
