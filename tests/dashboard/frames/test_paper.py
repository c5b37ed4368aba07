"""The paper's numbers next to ours, as tables, on synthetic runs."""

import io

import numpy as np
import pandas as pd
import pytest

from dashboard.frames.paper import (
    cell_frame,
    near_zero_table,
    paper_table,
    point_frame,
)
from dashboard.ui.tables import csv_text
from tests.dashboard.paper_runs import MNIST


def test_a_table_has_ours_paper_and_difference_under_each_variant(archive):
    table = paper_table(archive.evidence(), 1)
    assert list(table.index) == ["No attack", "FGSM", "PGD", "CW", "MIA", "L2BIA", "LinfBIA"]
    assert list(dict.fromkeys(table.columns.get_level_values(0))) == ["Std", "Std+L1", "Std+L2", "Min-Max"]
    assert table.loc["FGSM", ("Std", "ours")] == "81.5 ± 2.8"
    assert table.loc["FGSM", ("Std", "paper")] == "81.52" and table.loc["FGSM", ("Std", "diff.")] == 0.0
    assert table.loc["MIA", ("Min-Max", "ours")] == "89.8"
    assert table.loc["MIA", ("Min-Max", "paper")] == "69.80 †"
    assert table.loc["MIA", ("Min-Max", "diff.")] == 20.0
    assert pd.isna(table.loc["PGD", ("Min-Max", "diff.")]) and pd.isna(table.loc["PGD", ("Std+L1", "ours")])
    assert "".join(map(str, table.to_numpy().ravel())).count("†") == 1


def test_a_cell_of_fewer_seeds_than_were_trained_says_so(archive):
    archive.add("min-max", 1)
    assert paper_table(archive.evidence(), 1).loc["MIA", ("Min-Max", "ours")] == "89.8 (n = 1)"


def test_fuzziness_is_in_nats(archive):
    table = paper_table(archive.evidence(), 3)
    assert table.index.name == "Nats" and list(table.index) == ["Fuzziness"]
    assert table.loc["Fuzziness", ("Std", "ours")] == "0.4417 ± 0.0283"
    assert table.loc["Fuzziness", ("Min-Max", "paper")] == "0.0053"
    assert pd.isna(table.loc["Fuzziness", ("Adv", "ours")])


def test_the_near_zero_ratio_is_next_to_the_papers(archive):
    (row,) = near_zero_table(archive.evidence()).to_dict("records")
    assert row == {"Std": "9.0 ± 1.4", "Adv": None, "Min-Max": "144", "Min-Max ÷ Std": "18", "Paper": "17 to 19"}


def test_the_cells_come_back_from_csv_with_their_runs(archive):
    back = pd.read_csv(io.StringIO(csv_text(cell_frame(archive.evidence()))))
    assert len(back) == 31 and set(back["scope"]) == {MNIST.scope} and set(back["l1"]) == {MNIST.l1_strength}
    assert set(back["epsilon"]) == {0.3} and set(back["epsilon_unit"]) == {"normalized"}
    row = back.loc[(back["variant"] == "Std") & (back["quantity"] == "PGD")].iloc[0]
    assert row["ours"] == pytest.approx(0.5928) and row["difference"] == pytest.approx(0, abs=1e-12)
    assert row["sd"] == pytest.approx(0.02 * np.sqrt(2)) and (row["seeds"], row["images"]) == (2, 100)
    assert row["run_ids"].split() == [MNIST.config("std", seed).run_id for seed in (0, 1)]
    empty = back.loc[back["variant"] == "Std+L1"]
    assert empty["ours"].isna().all() and set(empty["seeds"]) == {0} and empty["printed"].notna().all()
    assert back["oddity"].notna().sum() == 1


def test_points_are_the_papers_number_the_mean_and_every_seed(archive):
    points = point_frame(archive.evidence(), 1)
    of_cell = points.loc[(points["variant"] == "std") & (points["quantity"] == "CW")]
    assert of_cell.groupby("kind")["value"].apply(list).to_dict() == {
        "printed": [0.5697],
        "ours": [pytest.approx(0.5697)],
        "seed": [pytest.approx(0.5497), pytest.approx(0.5897)],
    }
    assert list(points.loc[points["variant"] == "std+l1", "kind"]) == ["printed"] * 7
