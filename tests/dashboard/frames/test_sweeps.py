"""A grid of λ and μ as tables: numbers over seeds, and diverged runs."""

import numpy as np
import pytest

from dashboard.frames.sweeps import (
    RUN_COLUMNS,
    growth_frame,
    number_table,
    point_frame,
    point_label,
    quantities_of,
    quantity,
    reached,
    sweep_frame,
)
from engine.errors import InputError
from engine.studies.strength_grid import grid_points
from tests.dashboard.sweep_runs import ERROR, PLANE, REPORTS, RUNS


@pytest.fixture
def frame():
    return sweep_frame(grid_points(RUNS, PLANE), REPORTS, "conv1")


@pytest.fixture
def found(frame):
    return point_frame(frame).set_index(["l1", "mu"])


def test_a_row_per_run_with_its_figures(frame):
    assert len(frame) == 6 and set(RUN_COLUMNS) <= set(frame.columns)
    assert quantities_of(frame) == ["fuzziness", "near_zero_share", "largest_weight", "clean_accuracy", "none", "fgsm"]
    first = frame.iloc[0]
    assert (first["fuzziness"], first["near_zero_share"], first["clean_accuracy"]) == (0.3, 30 / 150, 0.8)
    assert (first["none"], first["fgsm"]) == (0.95, 0.5) and np.isnan(frame.iloc[2]["fgsm"])
    assert frame.loc[frame["status"] == "failed", "fuzziness"].isna().all()


def test_the_tipping_point_and_the_runs_beyond_it(frame):
    assert np.isnan(frame.loc[frame["mu"] == 0, "tipping_point"]).all()
    away = frame.loc[(frame["mu"] == 0.1), ["tipping_point", "running_away"]]
    assert away["tipping_point"].tolist() == [0.5, 0.5] and away["running_away"].tolist() == [True, False]


def test_the_second_layer_is_not_pushed_by_a_penalty_on_the_first():
    second = sweep_frame(grid_points(RUNS, PLANE), REPORTS, "conv2")
    assert second["tipping_point"].isna().all() and not second["running_away"].any()
    assert second["near_zero_share"].iloc[0] == 240 / 2400


def test_points_are_means_over_finished_seeds(found):
    std = found.loc[(0.0, 0.0)]
    assert std["clean_accuracy"] == pytest.approx(0.85)
    assert std["clean_accuracy_std"] == pytest.approx(np.std([0.8, 0.9], ddof=1))
    assert std["fgsm"] == pytest.approx(0.6) and (std["n"], std["seeds"], std["fgsm_n"]) == (2, "0, 1", 2)
    assert (found.loc[(0.1, 0.1), "away"], found.loc[(0.0, 0.0), "away"]) == (1, 0)
    assert np.isnan(found.loc[(0.1, 0.1), "fgsm"]) and found.loc[(0.1, 0.1), "fgsm_n"] == 0


def test_failed_points_name_the_weight_at_which_they_stopped(found):
    failed = found.loc[(0.1, 9.0)]
    assert (failed["n"], failed["failed"], failed["reached"]) == (0, 2, 104.2) and np.isnan(failed["fuzziness"])
    assert len(failed["runs"]) == 2


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (ERROR, 104.2),
        ("diverged at step 3: weight 0 of conv1 reached -250", 250),
        ("diverged at step 3: weight 0 of conv1 reached inf", np.inf),
        ("diverged at step 3: weight 0 of conv1 reached nan", np.inf),
        ("The disk is full.", np.nan),
        (None, np.nan),
    ],
)
def test_the_weight_that_an_error_names(error, expected):
    assert reached(error) == pytest.approx(expected, nan_ok=True)


def test_one_seed_has_no_spread():
    one = point_frame(sweep_frame(grid_points(RUNS[:1], PLANE), REPORTS, "conv1")).iloc[0]
    assert np.isnan(one["fgsm_std"]) and one["fgsm"] == 0.5


def test_no_runs_are_an_empty_plane():
    frame = sweep_frame([], {}, "conv1")
    assert frame.empty and list(frame.columns) == RUN_COLUMNS and point_frame(frame).empty


def test_the_table_holds_all_points(frame):
    found = point_frame(frame)
    table = number_table(found, [quantity(name) for name in ("fuzziness", "clean_accuracy", "fgsm")])
    assert list(table.columns) == [
        "λ", "μ", "λ/(2μ)", "Seeds", "Failed", "Fuzziness (nats)", "Clean, whole test set (%)", "Under fgsm (%)",
    ]  # fmt: skip
    assert table.iloc[0].tolist()[5:] == ["0.300 ± 0.000", "85.0 ± 7.1", "60.0 ± 14.1"]
    assert table.iloc[2].tolist()[3:] == [0, 2, "–", "–", "–"]


def test_growth_has_every_snapshot_of_the_layer(frame):
    histories = {
        RUNS[2].run_id: [{"epoch": 0.0, "largest_weight": {"conv1": 0.2}}, {"epoch": 1.0, "largest_weight": {}}]
    }
    growth = growth_frame(frame.loc[frame["mu"] == 0.1], histories, "conv1")
    assert growth[["epoch", "largest_weight", "tipping_point", "mu"]].to_numpy().tolist() == [[0.0, 0.2, 0.5, 0.1]]
    assert growth_frame(frame, {}, "conv1").empty


def test_titles_of_quantities():
    assert point_label(0.1, -0.3) == "λ 0.1, μ −0.3"
    assert (
        quantity("near_zero_share").words(0.25, 0.1) == "25.0 ± 10.0" and quantity("fuzziness").words(0.25) == "0.250"
    )
    with pytest.raises(InputError, match="an attack"):
        quantity("near_zero")
    assert quantity("pgd").heading == "Under pgd (%)" and quantity("pgd").is_accuracy
    assert not quantity("largest_weight").is_accuracy and quantity("largest_weight").heading == "Largest |w|"
