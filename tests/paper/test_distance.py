"""Distance to the print, against closed forms; and who comes first."""

import math

import pytest

from engine.attacks.catalog import PAPER_ATTACKS
from engine.paper.distance import deviation, distance, rank_candidates
from engine.paper.evidence import Reproduced, Values
from engine.paper.setting import SETTINGS
from engine.paper.tables import CELLS, SWAPPED

MNIST, CIFAR = SETTINGS["mnist"], SETTINGS["cifar10"]
PRINTED = {(cell.dataset, cell.variant, cell.quantity): cell for cell in CELLS}


def cell(dataset, variant, quantity, *values):
    return Reproduced(PRINTED[dataset, variant, quantity], Values(dict(enumerate(values)), {}, 100))


def test_deviations_in_closed_form():
    assert deviation(cell("mnist", "std", "pgd", 0.5928)) == 0
    assert deviation(cell("mnist", "std", "pgd", 0.6428, 0.7428)) == pytest.approx(2.0)
    assert deviation(cell("mnist", "std", "pgd", 0.5428)) == pytest.approx(-1.0)
    assert deviation(cell("mnist", "std", "fuzziness", 0.4417 * 4)) == pytest.approx(2.0)
    assert deviation(cell("mnist", "std", "fuzziness", 0.4417 / 2)) == pytest.approx(-1.0)
    assert deviation(cell("mnist", "std", "pgd")) is None
    assert deviation(cell("mnist", "std", "fuzziness", 0.0)) is None


def test_distance_is_the_root_mean_square():
    cells = [cell("mnist", "std", "pgd", 0.5928 + 0.15), cell("mnist", "std", "fuzziness", 0.4417 * 16)]
    assert distance(cells) == pytest.approx(math.sqrt((9 + 16) / 2))
    assert distance([*cells, cell("mnist", "std", "cw")]) is None, "a cell without runs"
    assert distance([]) is None


def printed(dataset, variant, shift=0.0):
    found = {
        quantity: cell.value for (of, column, quantity), cell in PRINTED.items() if (of, column) == (dataset, variant)
    }
    return {name: min(max(value + shift, 0.0), 1.0) for name, value in found.items() if name in PAPER_ATTACKS}


def trained(archive, setting, variant="min-max", shift=0.0, seed=0, without=()):
    """A run whose every accuracy is off by `shift`, and whose fuzziness is the printed one."""
    column = {
        quantity: cell.value for (of, v, quantity), cell in PRINTED.items() if (of, v) == (setting.dataset, variant)
    }
    run_id = archive.train(
        setting.config(variant, seed), fuzziness=column.get("fuzziness", 0.1), clean=column["none"] + shift
    )
    attacks = printed(setting.dataset, variant, shift)
    archive.attack(run_id, {name: value for name, value in attacks.items() if name not in without})


def ranked(archive, base=MNIST, **options):
    return rank_candidates(base, archive.index(), archive.reports_of, **options)


def test_the_closest_comes_first(archive):
    for shift, setting in ((-0.1, MNIST.at(0.5, 0.2, "conv1")), (-0.05, MNIST.at(0.2, 0.3, "all"))):
        trained(archive, setting, shift=shift)
    first, second = ranked(archive)
    assert (first.setting, second.setting) == (MNIST.at(0.2, 0.3, "all"), MNIST.at(0.5, 0.2, "conv1"))
    assert first.distance == pytest.approx(math.sqrt(7 / 8)), "seven accuracies off by 5 points, fuzziness exact"
    assert second.distance == pytest.approx(2 * math.sqrt(7 / 8))
    assert (first.seeds, first.joint_distance, len(first.cells)) == (1, None, 8)


def test_other_schedules_data_and_variants_are_no_candidates(archive):
    trained(archive, MNIST, "std+l1")
    archive.add("adv", 0, 0.5)
    longer = MNIST.at(0.2, 0.2, "conv1").config("min-max", 0)
    training = longer.training.model_copy(update={"epochs": 3})
    archive.attack(archive.train(longer.model_copy(update={"training": training})), printed("mnist", "min-max"))
    archive.train(MNIST.config("min-max", 0))
    assert ranked(archive) == [], "trained but never attacked, or not of this schedule"
    assert ranked(archive, CIFAR) == []


def test_what_is_swapped_in_print_is_left_out(archive):
    archive.setting = CIFAR
    trained(archive, CIFAR)
    (found,) = ranked(archive, CIFAR)
    assert "l2-bim" not in [cell.printed.quantity for cell in found.cells]
    assert all(cell.printed.oddity != SWAPPED for cell in found.cells) and len(found.cells) == 7
    assert found.distance == 0


def test_cells_that_most_lack_are_not_compared(archive):
    for l1 in (0.1, 0.2, 0.3):
        trained(archive, MNIST.at(l1, 0.4, "conv1"), shift=-l1, without=("cw",) if l1 < 0.3 else ())
    found = ranked(archive)
    assert [candidate.setting.l1_strength for candidate in found] == [0.1, 0.2, 0.3]
    assert {len(candidate.cells) for candidate in found} == {7}
    (only,) = ranked(archive, complete=True)
    assert only.setting.l1_strength == 0.3 and len(only.cells) == 8


def test_who_lacks_a_cell_that_most_have_is_left_out(archive):
    for l1 in (0.1, 0.2, 0.3):
        trained(archive, MNIST.at(l1, 0.4, "conv1"), without=("pgd",) if l1 == 0.2 else ())
    assert sorted(candidate.setting.l1_strength for candidate in ranked(archive)) == [0.1, 0.3]


def test_joint_distance_wants_all_three_columns(archive):
    setting = MNIST.at(0.2, 0.3, "conv1")
    trained(archive, setting)
    trained(archive, setting, "std+l1", shift=-0.05)
    assert ranked(archive)[0].joint_distance is None
    trained(archive, setting, "std+l2", shift=-0.05)
    (found,) = ranked(archive)
    assert found.distance == pytest.approx(0, abs=1e-12)
    assert found.joint_distance == pytest.approx(math.sqrt(14 / 22)), "of 8 + 7 + 7 cells 14 are off by one"


def test_seeds_are_the_fewest_behind_a_cell(archive):
    setting = MNIST.at(0.2, 0.3, "conv1")
    trained(archive, setting, seed=0)
    trained(archive, setting, seed=1, without=("cw",))
    assert ranked(archive)[0].seeds == 1
