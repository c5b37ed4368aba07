"""What was recorded of runs, one by one and as seeds together, against numpy."""

import numpy as np
import pandas as pd
import pytest

from dashboard.frames.histories import (
    HISTORY,
    POINTS,
    epoch_names,
    history_frame,
    moments,
    seed_groups,
    snapshot_at,
    spread_frame,
    thinning_words,
)
from engine.minmax.quantities import QUANTITIES
from engine.queue.overview import RunOverview
from engine.runs.config import RunConfig
from engine.runs.model_config import ImportedConfig
from engine.runs.records import read_metrics
from engine.training.schedule import TrainingConfig


def overview(config, run_id=None) -> RunOverview:
    return RunOverview(run_id or config.run_id, config, "finished", None, None, None)


def series(seed: int, snapshots: int) -> list[dict]:
    """Records with other numbers for every seed; robust accuracy only at every other snapshot."""
    random = np.random.default_rng(seed)
    return [
        {
            "epoch": index * 0.5,
            "fuzziness": {"conv1": random.random(), "conv2": -1.0},
            "near_zero": {"conv1": int(random.integers(150)), "conv2": -1},
            "loss": random.random() if index else None,
            "clean_accuracy": random.random(),
            "robust_accuracy": random.random() if index % 2 == 0 else None,
        }
        for index in range(snapshots)
    ]


@pytest.fixture
def runs() -> list[RunOverview]:
    """Std of seeds 4, 0 and 7, a longer Std, and imported weights, mixed."""
    std = {seed: overview(RunConfig(seed=seed)) for seed in (4, 0, 7)}
    longer = overview(RunConfig(seed=4, training=TrainingConfig(epochs=3)))
    imported = overview(ImportedConfig(name="Brought along", weights="0123abcd"))
    return [std[4], imported, std[0], longer, std[7]]


@pytest.fixture
def records(runs) -> dict[str, list[dict]]:
    return {run.run_id: series(index, 4 + index) for index, run in enumerate(runs)}


def test_every_quantity_of_a_snapshot_has_a_column():
    assert set(QUANTITIES) <= set(HISTORY)


def test_groups_differ_in_more_than_the_seed(runs):
    std, imported, _, longer, _ = runs
    groups = seed_groups(runs)
    assert [run.config.seed for run in groups[std.run_id]] == [4, 0, 7]
    assert groups[imported.run_id] == [imported]
    assert groups[longer.run_id] == [longer]
    assert list(groups) == [std.run_id, imported.run_id, longer.run_id]


def test_imported_weights_of_one_name_are_no_seeds_of_each_other():
    twins = [overview(ImportedConfig(name="Mine", weights=digest)) for digest in ("0123abcd", "4567abcd")]
    assert [len(group) for group in seed_groups(twins).values()] == [1, 1]


def test_a_seed_trained_twice_counts_once(runs):
    again = [overview(run.config, f"{run.run_id}-of-another-release") for run in (runs[0], runs[2])]
    assert [len(group) for group in seed_groups([*runs, *again]).values()] == [3, 1, 1, 2]


def test_spread_is_mean_and_standard_deviation_where_all_seeds_have_a_record(runs, records):
    frame = spread_frame(runs, history_frame(runs, records, "conv1"))
    rows = frame[frame["run_id"] == runs[0].run_id]
    assert rows["epoch"].tolist() == [0, 0.5, 1, 1.5], "the shortest of the three has four snapshots"
    assert set(rows["label"]) == {"Std, 3 seeds"}
    assert set(rows["seeds"]) == {3} and set(rows["variant"]) == {"std"}
    group = [records[runs[index].run_id][:4] for index in (0, 2, 4)]
    for quantity, name in (("fuzziness", "fuzziness"), ("near_zero", "near_zero")):
        values = np.array([[record[name]["conv1"] for record in one] for one in group])
        deviation = np.sqrt(((values - values.mean(0)) ** 2).sum(0) / 2)
        np.testing.assert_allclose(rows[quantity], values.sum(0) / 3)
        np.testing.assert_allclose(rows[f"{quantity}_low"], values.sum(0) / 3 - deviation)
        np.testing.assert_allclose(rows[f"{quantity}_high"], values.sum(0) / 3 + deviation)
    assert rows["robust_accuracy"].isna().tolist() == [False, True, False, True]
    assert rows["robust_accuracy_low"].isna().tolist() == [False, True, False, True]
    assert rows["loss"].isna().tolist() == [True, False, False, False]


def test_what_one_seed_lacks_has_no_mean(runs, records):
    records[runs[2].run_id][2]["robust_accuracy"] = None
    frame = spread_frame(runs, history_frame(runs, records, "conv1"))
    rows = frame[frame["run_id"] == runs[0].run_id]
    assert rows["robust_accuracy"].isna().tolist() == [False, True, True, True]


def test_a_run_alone_stays_as_it_is(runs, records):
    history = history_frame(runs, records, "conv1")
    frame = spread_frame(runs, history)
    for run in (runs[1], runs[3]):
        alone, before = frame[frame["run_id"] == run.run_id], history[history["run_id"] == run.run_id]
        kept = list(HISTORY)
        pd.testing.assert_frame_equal(alone[kept].reset_index(drop=True), before[kept].reset_index(drop=True))
        assert alone[[f"{name}_{end}" for name in HISTORY[1:] for end in ("low", "high")]].isna().all(axis=None)
        assert set(alone["label"]) == {run.config.label} and set(alone["seeds"]) == {1}


def test_groups_of_one_name_stay_apart(runs, records):
    sibling = overview(runs[3].config.model_copy(update={"seed": 9}))
    records[sibling.run_id] = series(9, 3)
    mine = [*runs, sibling]
    frame = spread_frame(mine, history_frame(mine, records, "conv1"))
    labels = frame.groupby("run_id", sort=False)["label"].unique()
    assert [len(names) for names in labels] == [1, 1, 1]
    assert labels[runs[0].run_id][0] == "Std, 3 seeds"
    assert labels[runs[3].run_id][0] == "Std, 2 seeds"
    longest = overview(RunConfig(seed=4, training=TrainingConfig(epochs=4)))
    other = overview(longest.config.model_copy(update={"seed": 9}))
    records |= {longest.run_id: series(1, 2), other.run_id: series(2, 2)}
    four = [runs[3], sibling, longest, other]
    names = spread_frame(four, history_frame(four, records, "conv1"))["label"].unique()
    digests = [run.run_id.rsplit("-", 1)[1] for run in (runs[3], longest)]
    assert list(names) == [f"Std, 2 seeds ({digest})" for digest in digests]


def test_a_seed_that_has_not_begun_does_not_blank_the_others(runs, records):
    records[runs[4].run_id] = []
    frame = spread_frame(runs, history_frame(runs, records, "conv1"))
    rows = frame[frame["run_id"] == runs[0].run_id]
    assert len(rows) == 4 and set(rows["label"]) == {"Std, 2 seeds"}


def test_nothing_recorded_is_an_empty_table_with_all_columns(runs):
    frame = spread_frame(runs, history_frame(runs, {run.run_id: [] for run in runs}, "conv1"))
    assert len(frame) == 0
    assert {"run_id", "label", "variant", "seeds", "epoch", "loss", "loss_low", "loss_high"} <= set(frame.columns)


def test_history_is_the_record(trained_store, trained_runs):
    records = {run.run_id: read_metrics(trained_store.root / run.run_id) for run in trained_runs}
    frame = history_frame(trained_runs, records, "conv1")
    assert list(frame["run_id"].unique()) == [run.run_id for run in trained_runs]
    for run in trained_runs:
        rows = frame[frame["run_id"] == run.run_id]
        for column, name in (("fuzziness", "fuzziness"), ("near_zero", "near_zero")):
            assert rows[column].tolist() == [record[name]["conv1"] for record in records[run.run_id]]
        assert np.isnan(rows["loss"].iloc[0]) and rows["loss"].iloc[1:].notna().all()
        assert rows["epoch"].tolist() == [0, 0.25, 0.5, 0.75, 1.0]


def test_the_moment_shown_is_the_newest_one_past():
    records = [{"epoch": epoch} for epoch in (0.0, 0.5, 1.0)]
    assert [snapshot_at(records, epoch) for epoch in (-1.0, 0.0, 0.49, 0.5, 7.0)] == [None, 0, 0, 1, 2]
    assert moments({"a": records, "b": [{"epoch": 0.25}, {"epoch": 0.5}]}) == [0.0, 0.25, 0.5, 1.0]


def test_what_a_chart_leaves_out_is_said():
    assert thinning_words([range(POINTS), range(3)], extremes=True, whole_csv=True) == ""
    assert thinning_words([], extremes=True, whole_csv=True) == ""
    words = thinning_words([range(3), range(20_000)], extremes=True, whole_csv=True)
    assert f"at most {POINTS} of up to 20,000 snapshots" in words and "extremes" in words and "The CSV has all" in words
    words = thinning_words([range(POINTS + 1)], extremes=False, whole_csv=False)
    assert "extremes" not in words and "metrics.jsonl" in words


@pytest.mark.parametrize(
    ("epochs", "names"),
    [
        ([0, 0.2, 10], ["0", "0.2", "10"]),
        ([0, 0.10021, 10.0], ["0", "0.1", "10"]),
        ([0, 0.25, 0.5], ["0", "0.25", "0.5"]),
        ([0, 0.001, 0.1], ["0", "0.001", "0.1"]),
        ([0.0], ["0"]),
        ([100, 200], ["100", "200"]),
    ],
)
def test_epochs_are_named_by_two_decimals_or_what_tells_them_apart(epochs, names):
    assert epoch_names(epochs) == names
