"""Summaries of the comparison with the paper, in words."""

import pytest

from dashboard.paper.words import (
    agreement_words,
    missing_words,
    number_words,
    oddity_notes,
    same_order,
    seed_words,
    setting_words,
    without_strong_attacks,
)
from engine.attacks.catalog import STRONG_ATTACKS
from engine.paper.setting import SETTINGS
from tests.dashboard.paper_runs import MNIST
from tests.paper.archive import Archive


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
    assert "ε = 0.3 normalized (0.0924 in pixels) on the first 100 stratified test images" in words
    assert f"λ = {MNIST.l1_strength:g}, μ = {MNIST.mu:g}" in words and "all 10,000" in words
    assert seed_words(archive.evidence()) == "Seeds: Std 0, 1; Std+L1, Std+L2, Adv none; Min-Max 0."
    cifar = setting_words(Archive(SETTINGS["cifar10"]).evidence())
    assert "halved every 30 epochs" in cifar and "(0.0060 to 0.0061 in pixels)" in cifar


def test_agreement_in_words(archive):
    cells = [cell for cell in archive.evidence().cells if cell.printed.table == 1]
    words = agreement_words(cells)
    assert words.startswith(
        "We have results for 10 of 28 accuracies of the paper; 9 of these differ by at most 5 points."
    )
    assert "the largest +20.0 (Min-Max, MIA, †)" in words
    assert same_order(cells) == (3, 3), "No attack, FGSM and MIA are had by both"
    assert oddity_notes(cells)[0].startswith("† Min-Max, MIA: Below PGD's")
    assert "No run has results for these cells yet" in agreement_words(list(Archive(MNIST).evidence().cells))


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
