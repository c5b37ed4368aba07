"""Accuracies with intervals, as tables."""

import pandas as pd
import pytest
from scipy.stats import binomtest

from dashboard.frames.robustness import accuracy_table, accuracy_words, robustness_frame, seed_table
from engine.measurements.evaluation.read import read_report
from engine.queue.overview import list_runs
from engine.queue.run_queue import RunQueue


@pytest.fixture(scope="module")
def frame(trained_store) -> pd.DataFrame:
    """The frame of one run, attacked with fgsm and pgd on 20 images."""
    runs = list_runs(trained_store, RunQueue(trained_store.root))[0]
    paths = {run.run_id: trained_store.report_paths(run.run_id) for run in runs}
    reports = {run: report for run, found in paths.items() if found and (report := read_report(found[0]))}
    return robustness_frame(runs, reports)


def test_intervals_are_wilsons(frame):
    for row in frame.itertuples():
        exact = binomtest(round(row.robust_accuracy * 20), 20).proportion_ci(method="wilson")
        assert (row.low, row.high) == pytest.approx((exact.low, exact.high), abs=1e-12)


def test_digits_follow_the_number_of_images():
    assert accuracy_words(0.5, 0.404, 0.596, 100) == "50 (40–60)"
    assert accuracy_words(0.5, 0.469, 0.531, 1000) == "50.0 (46.9–53.1)"


def test_the_worst_case_is_last_in_any_order(frame):
    order = ["worst case", "pgd", "none", "fgsm"]
    shuffled = frame.sort_values("attack", key=lambda names: names.map(order.index))
    assert accuracy_table(shuffled)["Attack"].tolist() == ["pgd", "no attack", "fgsm", "worst case"]


def test_seeds_are_summarized_only_where_there_are_several(frame):
    other = frame.assign(run_id="other", robust_accuracy=frame["robust_accuracy"] + 0.1)
    both = pd.concat([frame, other])
    first = frame["run_id"].iloc[0]
    table = seed_table(both, {"twice": [first, "other"], "once": [first]})
    assert list(table.columns) == ["Attack", "twice"] and table["Attack"].iloc[[0, -1]].tolist() == [
        "no attack",
        "worst case",
    ]
    clean = 100 * frame["robust_accuracy"].iloc[0]
    assert table["twice"].iloc[0] == f"{clean + 5:.1f} ± 7.1"


def test_an_attack_that_one_seed_lacks_is_not_averaged_nor_its_worst_case(frame):
    other = frame[frame["attack"] != "pgd"].assign(run_id="other")
    table = seed_table(pd.concat([frame, other]), {"twice": [frame["run_id"].iloc[0], "other"]})
    assert table["Attack"].tolist() == ["no attack", "fgsm"]


def test_robustness_has_a_row_per_attack_clean_first(trained_store, trained_runs):
    reports = {
        run.run_id: report
        for run in trained_runs
        for path in trained_store.report_paths(run.run_id)
        if (report := read_report(path))
    }
    (report,) = reports.values()
    frame = robustness_frame(trained_runs, reports)
    assert frame["attack"].tolist() == ["none", "fgsm", "pgd", "worst case"]
    assert frame["robust_accuracy"].iloc[0] == report.clean_accuracy
    assert frame["robust_accuracy"].iloc[3] <= frame["robust_accuracy"].iloc[:3].min()
    assert set(frame["n"]) == {20}
