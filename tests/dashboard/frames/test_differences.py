"""Differences as a table: the numbers are the engine's, and the labels are distinct."""

import numpy as np
import pandas as pd
import pytest

from dashboard.frames.differences import difference_frame
from engine.queue.overview import RunOverview
from engine.robustness.statistics import paired_difference, paired_seeds, wilson_interval
from engine.runs.config import RunConfig
from engine.runs.model_config import ImportedConfig
from engine.training.schedule import TrainingConfig

N = 200
COLUMNS = [
    "run_id", "label", "variant", "reference", "attack",
    "accuracy", "low", "high", "reference_accuracy", "reference_low", "reference_high",
    "difference", "difference_low", "difference_high", "p_value",
    "only_first", "only_second", "n", "seeds", "verdict",
]  # fmt: skip


def overview(config) -> RunOverview:
    return RunOverview(config.run_id, config, "finished", None, None, None)


def std(seed: int, epochs: int = 10) -> RunOverview:
    return overview(RunConfig(seed=seed, training=TrainingConfig(epochs=epochs)))


def adv(seed: int) -> RunOverview:
    return overview(RunConfig(seed=seed, adversarial_training=True))


def survivors(clean: int, pgd: int) -> dict[str, np.ndarray]:
    columns = {"none": clean, "pgd": pgd, "worst case": pgd}
    return {column: np.arange(N) < correct for column, correct in columns.items()}


def test_one_row_per_run_and_attack():
    imported = overview(ImportedConfig(name="Brought along", weights="0123abcd"))
    runs = [std(0), adv(3), imported]
    found = {
        run.run_id: survivors(*counts) for run, counts in zip(runs, ((196, 80), (195, 160), (150, 80)), strict=True)
    }
    frame = difference_frame(runs, found, runs[0].run_id)
    assert list(frame.columns) == COLUMNS
    assert frame["run_id"].tolist() == [adv(3).run_id] * 3 + [imported.run_id] * 3
    assert frame["label"].unique().tolist() == ["Adv · seed 3", "Brought along"]
    assert frame["variant"].unique().tolist() == ["adv", "custom"]
    assert set(frame["reference"]) == {"Std · seed 0"} and set(frame["seeds"]) == {1} and set(frame["n"]) == {N}
    assert frame["attack"].tolist() == ["none", "pgd", "worst case"] * 2
    assert frame["verdict"].tolist() == ["within noise", "higher", "higher", "lower", "within noise", "within noise"]
    pgd = frame.iloc[1]
    expected = paired_difference(np.arange(N) < 160, np.arange(N) < 80)
    assert pgd[["accuracy", "low", "high"]].tolist() == [0.8, *wilson_interval(160, N)]
    assert pgd[["reference_accuracy", "reference_low", "reference_high"]].tolist() == [0.4, *wilson_interval(80, N)]
    assert pgd[["difference", "difference_low", "difference_high", "p_value"]].tolist() == [
        expected.difference,
        expected.low,
        expected.high,
        expected.p_value,
    ]
    assert pgd[["only_first", "only_second"]].tolist() == [80, 0]


@pytest.fixture
def seeds() -> tuple[list[RunOverview], dict[str, dict[str, np.ndarray]]]:
    """Std of seeds 0, 1, 2 and Adv of seeds 0, 2: pgd differs by 80 and 90 images, clean by 1 in both."""
    runs = [std(0), std(1), std(2), adv(0), adv(2)]
    counts = [(195, 80), (190, 60), (194, 75), (196, 160), (195, 165)]
    return runs, {run.run_id: survivors(*count) for run, count in zip(runs, counts, strict=True)}


def test_seeds_are_one_row_under_one_name(seeds):
    runs, found = seeds
    frame = difference_frame(runs, found, std(1).run_id)
    assert frame["run_id"].tolist() == [adv(0).run_id] * 3
    assert set(frame["label"]) == {"Adv, 2 seeds"} and set(frame["reference"]) == {"Std, 2 seeds"}
    assert set(frame["seeds"]) == {2}
    pgd = frame[frame["attack"] == "pgd"].iloc[0]
    expected = paired_seeds([0.8, 0.825], [0.4, 0.375])
    assert pgd["accuracy"] == pytest.approx(0.8125) and pgd["reference_accuracy"] == pytest.approx(0.3875)
    assert pgd["difference"] == pytest.approx(0.425)
    assert (pgd["p_value"], pgd["difference_low"]) == pytest.approx((expected.p_value, expected.low))
    assert pgd[["only_first", "only_second"]].tolist() == [170, 0]


def test_values_that_seeds_leave_undefined_are_nan(seeds):
    frame = difference_frame(*seeds, std(0).run_id)
    clean = frame[frame["attack"] == "none"].iloc[0]
    assert clean["difference"] == pytest.approx(1 / N) and clean["verdict"] == "too few seeds to tell"
    assert clean[["difference_low", "difference_high", "p_value"]].isna().all()
    numbers = frame[["low", "high", "difference_low", "difference_high", "p_value"]]
    assert [str(kind) for kind in numbers.dtypes] == ["float64"] * 5, "the other rows stay numbers"


def test_both_sides_have_distinct_labels():
    runs = [std(0), std(0, epochs=3), std(0, epochs=5)]
    frame = difference_frame(runs, {run.run_id: survivors(9, 8) for run in runs}, runs[0].run_id)
    digest = {run.run_id: run.run_id.rsplit("-", 1)[1] for run in runs}
    assert frame["label"].unique().tolist() == [f"Std · seed 0 ({digest[run.run_id]})" for run in runs[1:]]
    assert set(frame["reference"]) == {f"Std · seed 0 ({digest[runs[0].run_id]})"}
    others = [adv(0), *runs[1:]]
    frame = difference_frame(others, {run.run_id: survivors(9, 8) for run in others}, adv(0).run_id)
    assert frame["label"].unique().tolist() == [f"Std · seed 0 ({digest[run.run_id]})" for run in runs[1:]]


def test_each_row_names_the_seeds_of_the_reference_it_was_held_against(seeds):
    runs, found = seeds
    longer = std(1, epochs=3)
    frame = difference_frame([*runs, longer], found | {longer.run_id: survivors(190, 70)}, std(0).run_id)
    assert frame.groupby("run_id")["reference"].unique().map(list).to_dict() == {
        adv(0).run_id: ["Std, 2 seeds"],
        longer.run_id: [f"Std · seed 1 ({std(1).run_id.rsplit('-', 1)[1]})"],
    }


def test_runs_without_survivors_are_no_rows(seeds):
    runs, found = seeds
    del found[adv(2).run_id]
    frame = difference_frame(runs, found, std(0).run_id)
    assert set(frame["label"]) == {"Adv · seed 0"} and set(frame["reference"]) == {"Std · seed 0"}


def test_without_the_reference_the_table_is_empty_with_all_columns(seeds):
    runs, found = seeds
    for frame in (difference_frame(runs, {}, std(0).run_id), difference_frame(runs[:1], found, std(0).run_id)):
        assert len(frame) == 0 and list(frame.columns) == COLUMNS
        pd.testing.assert_series_equal(frame["p_value"], pd.Series([], dtype=float, name="p_value"))
