"""The paper's numbers beside ours, and what is said of them, on made-up runs."""

import io

import numpy as np
import pandas as pd
import pytest

from dashboard.frames.candidates import candidate_frame, deviation_frame
from dashboard.frames.claims import statement_frame
from dashboard.frames.paper import (
    cell_frame,
    near_zero_table,
    paper_table,
    point_frame,
    signed,
)
from dashboard.paper.claims import effect_words
from dashboard.paper.closeness import search_words
from dashboard.paper.takeaway import latex_document, printable
from dashboard.paper.words import (
    agreement_words,
    missing_words,
    number_words,
    oddity_notes,
    same_order,
    seed_words,
    setting_words,
    verdict_words,
    without_strong_attacks,
)
from dashboard.ui.tables import csv_text
from engine.attacks.catalog import PAPER_ATTACKS, STRONG_ATTACKS
from engine.paper.claims import judge_claims
from engine.paper.distance import rank_candidates
from engine.paper.setting import SETTINGS
from tests.paper.archive import Archive

MNIST = SETTINGS["mnist"]
PRINTED_STD = {"fgsm": 0.8152, "pgd": 0.5928, "cw": 0.5697, "mi-fgsm": 0.6268, "l2-bim": 0.9747, "linf-bim": 0.6046}


@pytest.fixture
def archive():
    """Std at the printed accuracies minus and plus 2 points, Min-Max of one seed under two attacks."""
    made = Archive(MNIST)
    for seed, shift in enumerate((-0.02, 0.02)):
        run_id = made.add("std", seed, clean=0.9861 + shift, fuzziness=0.4417 + shift, near_zero=8 + 2 * seed)
        made.attack(run_id, {name: value + shift for name, value in PRINTED_STD.items()})
    made.attack(made.add("min-max", 0, clean=0.97, fuzziness=0.0053, near_zero=144), {"fgsm": 0.9475, "mi-fgsm": 0.898})
    return made


def test_a_table_has_ours_print_and_difference_under_each_variant(archive):
    table = paper_table(archive.evidence(), 1)
    assert list(table.index) == ["No attack", "FGSM", "PGD", "CW", "MIA", "L2BIA", "LinfBIA"]
    assert list(dict.fromkeys(table.columns.get_level_values(0))) == ["Std", "Std+L1", "Std+L2", "Min-Max"]
    assert table.loc["FGSM", ("Std", "ours")] == "81.5 ± 2.8"
    assert table.loc["FGSM", ("Std", "print")] == "81.52" and table.loc["FGSM", ("Std", "diff.")] == 0.0
    assert table.loc["MIA", ("Min-Max", "ours")] == "89.8"
    assert table.loc["MIA", ("Min-Max", "print")] == "69.80 †"
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
    assert table.loc["Fuzziness", ("Min-Max", "print")] == "0.0053"
    assert pd.isna(table.loc["Fuzziness", ("Adv", "ours")])


def test_near_zero_ratio_stands_beside_the_print(archive):
    (row,) = near_zero_table(archive.evidence()).to_dict("records")
    assert row == {"Std": "9.0 ± 1.4", "Adv": None, "Min-Max": "144", "Min-Max ÷ Std": "18", "in print": "17 to 19"}


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


def test_points_are_the_print_the_mean_and_every_seed(archive):
    points = point_frame(archive.evidence(), 1)
    of_cell = points.loc[(points["variant"] == "std") & (points["quantity"] == "CW")]
    assert of_cell.groupby("kind")["value"].apply(list).to_dict() == {
        "printed": [0.5697],
        "ours": [pytest.approx(0.5697)],
        "seed": [pytest.approx(0.5497), pytest.approx(0.5897)],
    }
    assert list(points.loc[points["variant"] == "std+l1", "kind"]) == ["printed"] * 7


def test_statements_in_points_with_the_region_they_claim(archive):
    archive.add("min-max", 1, clean=0.99)
    claims = judge_claims(archive.evidence(), lambda run_id: None)
    frame = statement_frame(claims)
    assert len(frame) == sum(len(claim.statements) for claim in claims)
    price = frame.loc[frame["claim"] == 5].iloc[0]
    differences = np.array([0.9661 - 0.97, 1.0061 - 0.99])
    assert price["difference"] == pytest.approx(100 * differences.mean())
    assert (price["low"] + price["high"]) / 2 == pytest.approx(price["difference"])
    assert (price["region_low"], price["region_high"], price["unit"]) == (-np.inf, pytest.approx(2), "points")
    fgsm = frame.loc[frame["statement"].str.endswith("FGSM")].iloc[0]
    assert fgsm["difference"] == pytest.approx(94.75 - 79.52) and np.isnan(fgsm["low"]) and fgsm["seeds"] == 1
    assert (fgsm["region_low"], fgsm["region_high"]) == (0, np.inf)
    assert verdict_words(claims) == "Not enough runs: 1–6."


def test_effects_say_what_is_missing(archive):
    archive.add("min-max", 1, fuzziness=0.0053 + 0.04)
    said = {
        statement.words: effect_words(statement)
        for claim in judge_claims(archive.evidence(), lambda run_id: None)
        for statement in claim.statements
    }
    assert said["Std is fuzzier than Adv"] == "No seed for which both variants have it."
    assert said["Min-Max is above Std under FGSM"] == "+15.2 points, one seed: no interval."
    assert said["Std is fuzzier than Min-Max"] == "+0.4164 nats, 2 seeds, all with the same difference: no interval."
    assert said["No check for gradient masking fails on Min-Max"] == "No run was checked."
    assert said["Min-Max loses less than 2 points of clean accuracy"].startswith("+1.1 points [−")


@pytest.mark.parametrize(
    ("numbers", "words"),
    [
        ([], ""),
        ([3], "3"),
        ([1, 0], "0, 1"),
        ([2, 0, 1], "0–2"),
        ([0, 2, 3, 4, 7], "0, 2–4, 7"),
        ([5, 1, 6], "1, 5, 6"),
    ],
)
def test_numbers_in_words(numbers, words):
    assert number_words(numbers) == words


def test_setting_in_words(archive):
    words = setting_words(archive.evidence())
    assert "ε = 0.3 normalized = 0.0924 in pixels on the first 100 stratified test images" in words
    assert f"λ = {MNIST.l1_strength:g}, μ = {MNIST.mu:g}" in words and "all 10,000" in words
    assert seed_words(archive.evidence()) == "Seeds: Std 0, 1; Std+L1, Std+L2, Adv none; Min-Max 0."
    cifar = setting_words(Archive(SETTINGS["cifar10"]).evidence())
    assert "halved every 30 epochs" in cifar and "= 0.0060 to 0.0061 in pixels" in cifar


def test_agreement_in_words(archive):
    cells = [cell for cell in archive.evidence().cells if cell.printed.table == 1]
    words = agreement_words(cells)
    assert words.startswith("Of 28 printed accuracies 10 have runs; 9 of these are within 5 points of ours.")
    assert "farthest +20.0 (Min-Max, MIA, †)" in words
    assert same_order(cells) == (3, 3), "No attack, FGSM and MIA are had by both"
    assert oddity_notes(cells)[0].startswith("† Min-Max, MIA: Below PGD's")
    assert "No run answers" in agreement_words([cell for cell in Archive(MNIST).evidence().cells])


def test_another_order_is_counted():
    archive = Archive(MNIST)
    for variant, accuracy in {"std": 0.6, "std+l1": 0.5, "std+l2": 0.9, "min-max": 0.8}.items():
        archive.attack(archive.add(variant, 0), {"pgd": accuracy})
    cells = [cell for cell in archive.evidence().cells if cell.printed.quantity == "pgd"]
    assert same_order(cells) == (4, 6), "Std and Std+L1, Std+L2 and Min-Max stand the other way round"


def test_swapped_cells_make_no_order():
    archive = Archive(SETTINGS["cifar10"])
    for place, variant in enumerate(("std", "std+l1", "std+l2", "min-max")):
        archive.attack(archive.add(variant, 0), {"l2-bim": 0.5 + place / 100})
    cells = [cell for cell in archive.evidence().cells if cell.printed.quantity == "l2-bim"]
    assert same_order(cells) == (0, 1)
    (note,) = oddity_notes(cells)
    assert note.startswith("† Std+L2, L2BIA and Min-Max, L2BIA: Almost certainly swapped")


def test_what_is_missing_in_words(archive):
    found = missing_words(archive.evidence(), range(2))
    assert found[1] == [
        "Std+L1: seeds 0, 1 not trained",
        "Std+L2: seeds 0, 1 not trained",
        "Min-Max: seed 1 not trained; seed 0 not attacked with pgd, cw, l2-bim, linf-bim on 100 images",
    ]
    assert found[3] == ["Adv: seeds 0, 1 not trained", "Min-Max: seed 1 not trained"]
    archive.add("min-max", 1)
    assert (
        "Min-Max: seed 0 not attacked with pgd, cw, l2-bim, linf-bim on 100 images; seed 1 not attacked on 100 images"
        in (missing_words(archive.evidence(), range(2))[1])
    )


def test_runs_without_the_strong_attacks_are_named(archive):
    std, min_max = ([archive.setting.config(variant, seed).run_id for seed in (0, 1)] for variant in ("std", "min-max"))

    def named():
        return [run.run_id for run in without_strong_attacks(archive.evidence(), range(2))]

    assert named() == [*std, min_max[0]]
    archive.attack(std[1], dict.fromkeys(STRONG_ATTACKS, 0.5))
    assert named() == [std[0], min_max[0]]


def test_nothing_is_missing_where_all_is_there():
    archive = Archive(MNIST)
    for variant in ("std", "std+l1", "std+l2", "adv", "min-max"):
        archive.add(variant, 0, 0.5)
    assert missing_words(archive.evidence(), range(1)) == {1: [], 3: []}


def ranked(archive):
    return rank_candidates(MNIST, archive.index(), archive.reports_of)


def candidate(archive, l1, accuracy, scope="conv1", fuzziness=0.0053):
    setting = MNIST.at(l1, 0.3, scope)
    run_id = archive.add("min-max", 0, setting=setting, fuzziness=fuzziness, clean=0.9844)
    archive.attack(run_id, dict.fromkeys(PAPER_ATTACKS, accuracy))


def test_candidates_ranked_with_every_cell():
    archive = Archive(MNIST)
    candidate(archive, 0.2, 0.3)
    candidate(archive, 0.5, 0.8, "all", fuzziness=0.0053 * 4)
    frame = candidate_frame(ranked(archive))
    assert list(frame["λ"]) == [0.5, 0.2] and list(frame["Scope"]) == ["all convolutions", "first convolution"]
    assert list(frame["PGD"]) == [80, 30] and list(frame["Fuzziness"]) == [pytest.approx(0.0212), 0.0053]
    assert frame["With Std+L1 and Std+L2"].isna().all() and list(frame["Seeds"]) == [1, 1]
    deviations = deviation_frame(ranked(archive)[:1]).set_index("quantity")["deviation"]
    assert deviations["Fuzziness"] == pytest.approx(2) and deviations["PGD"] == pytest.approx((0.8 - 0.8369) / 0.05)
    words = search_words(ranked(archive))
    assert words.startswith("Closest to the print: λ 0.5, μ 0.3, all convolutions, distance")
    assert "These do not: FGSM (80.0 for 94.8), CW (80.0 for 68.9)" in words
    assert (
        "None of the 2 candidates comes within 5 points, or a factor of 2, of FGSM, CW, MIA, L2BIA, LinfBIA." in words
    )


def test_no_candidate():
    assert "has been attacked yet" in search_words([])
    assert candidate_frame([]).empty and deviation_frame([]).empty


class Library:
    """As much of a Library as the document asks for."""

    def __init__(self, archive):
        self.archive = archive

    def candidates(self, samples, complete=False):
        return ranked(self.archive)


def test_the_latex_document_has_every_table_and_no_stray_character(archive, monkeypatch):
    monkeypatch.setattr("dashboard.paper.takeaway.judged", lambda found: judge_claims(found, lambda run_id: None))
    text = latex_document(Library(archive), archive.evidence())
    assert text.count(r"\begin{table}") == text.count(r"\end{table}") == 6
    assert r"69.80 \dag{} & +20.0 \\" in text and "[U+" not in text
    body = [line for line in text.splitlines() if not line.startswith("%")]
    assert all(character.isascii() for line in body for character in line)
    assert text.splitlines()[0].startswith("% Ours: LeNet")


def test_differences_are_signed_in_print(archive):
    table = printable(paper_table(archive.evidence(), 1))
    assert table.loc["No attack", ("Min-Max", "diff.")] == "−1.4" and signed(0.25, 1) == "+0.2"
    assert pd.isna(table.loc["PGD", ("Min-Max", "diff.")])
