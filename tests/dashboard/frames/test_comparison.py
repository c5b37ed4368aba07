"""Runs against a reference: ratios, and where there are none."""

import numpy as np
import pytest

from dashboard.frames.comparison import comparison_frame
from dashboard.frames.histories import history_frame
from tests.dashboard.weight_runs import IMPORTED, MINMAX, RUNS, STD


def test_runs_are_measured_against_the_reference(weights, records):
    records[STD][5]["near_zero"]["conv1"], records[MINMAX][3]["near_zero"]["conv1"] = 7, 119
    frame = comparison_frame(RUNS, weights, records, {STD: 5, MINMAX: 3, IMPORTED: 0}, STD, "conv1").set_index("run_id")
    assert frame.loc[MINMAX, "near_zero_ratio"] == 17
    assert frame.loc[MINMAX, "fuzziness_reduction"] == pytest.approx((0.4 / 6) / (0.4 / 4))
    assert frame.loc[STD, ["near_zero_ratio", "fuzziness_reduction"]].tolist() == [1, 1]
    assert frame["weights"].tolist() == [150] * 3 and frame["epoch"].tolist() == [2.5, 1.5, 0]
    assert frame.loc[IMPORTED, "largest_weight"] == pytest.approx(np.abs(weights[IMPORTED]).max())
    assert frame["clean_accuracy"].tolist() == pytest.approx([0.95, 0.93, 0.9])
    assert frame["robust_accuracy"].tolist() == pytest.approx([0.54, 0.52, 0.5]), "the newest before, never one after"


def test_what_cannot_be_divided_is_no_number(weights, records):
    positions = {STD: 5, MINMAX: 3}
    records[STD][5]["near_zero"]["conv1"] = 0
    records[MINMAX][3]["fuzziness"]["conv1"] = 0.0
    frame = comparison_frame(RUNS, weights, records, positions, STD, "conv1")
    assert frame["near_zero_ratio"].isna().all() and frame["fuzziness_reduction"].isna().tolist() == [False, True]
    for quantity in ("clean_accuracy", "robust_accuracy"):
        records[MINMAX][0][quantity] = None
    frame = comparison_frame(RUNS, weights, records, {MINMAX: 0}, STD, "conv1")
    assert frame[["near_zero_ratio", "fuzziness_reduction", "clean_accuracy", "robust_accuracy"]].isna().all(axis=None)


def test_counts_of_layers_of_another_size_are_not_compared(weights, records):
    weights[MINMAX] = np.zeros((4, 450), np.float32)
    records[STD][5]["near_zero"]["conv1"] = 7
    frame = comparison_frame(RUNS, weights, records, {STD: 5, MINMAX: 3}, STD, "conv1")
    assert frame["weights"].tolist() == [150, 450]
    assert frame["near_zero_ratio"].isna().tolist() == [False, True]
    assert frame["fuzziness_reduction"].notna().all()


def test_what_a_record_of_an_earlier_version_lacks_is_missing(weights, records):
    for record in records[MINMAX]:
        del record["largest_weight"], record["near_zero"]
    for record in (record for series in records.values() for record in series):
        record["loss"] = None
    positions = {STD: 5, MINMAX: 3}
    frame = comparison_frame(RUNS, weights, records, positions, STD, "conv1").set_index("run_id")
    missing = ["near_zero", "near_zero_ratio", "largest_weight"]
    assert frame.loc[MINMAX, missing].isna().all() and frame.loc[STD, missing[2:]].notna().all()
    history = history_frame(RUNS, records, "conv1").set_index("run_id")
    assert history.loc[MINMAX, ["near_zero", "largest_weight"]].isna().all(axis=None)
    assert history.loc[MINMAX, "fuzziness"].notna().all()
