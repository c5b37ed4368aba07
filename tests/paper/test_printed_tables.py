"""The printed numbers, typed a second time from the notes on the paper and compared cell by cell."""

import pytest

from engine.attacks.catalog import PAPER_ATTACKS
from engine.paper.tables import (
    CELLS,
    FAR_BELOW_PGD,
    FUZZINESS,
    NEAR_ZERO_RATIOS,
    PRINTED_NAMES,
    SWAPPED,
    TABLE_OF,
    TITLES,
)

MNIST = """
No attack  .9861 .9747 .9576 .9844
FGSM       .8152 .7610 .7631 .9475
PGD        .5928 .6198 .7130 .8369
CW         .5697 .4961 .5403 .6892
MIA        .6268 .6190 .7181 .6980
L2BIA      .9747 .9659 .9501 .9765
LinfBIA    .6046 .6276 .7126 .8599
"""
CIFAR = """
No attack  .6352 .5589 .6573 .5668
FGSM       .2382 .3144 .3716 .3927
PGD        .1669 .2937 .3416 .3712
CW         .0000 .0000 .0000 .0000
MIA        .1583 .2918 .3382 .3633
L2BIA      .6249 .5550 .5561 .6512
LinfBIA    .2128 .3135 .3594 .3860
"""
FUZZY = {"mnist": ".4417 .2611 .0053", "cifar10": ".2842 .1594 .0016"}


def typed():
    """(table, data set, printed name, variant) -> value."""
    found = {}
    for table, dataset, text in ((1, "mnist", MNIST), (2, "cifar10", CIFAR)):
        for line in text.strip().splitlines():
            name, values = line[:11].strip(), line[11:].split()
            columns = ("std", "std+l1", "std+l2", "min-max")
            found |= {(table, dataset, name, v): float(x) for v, x in zip(columns, values, strict=True)}
    for dataset, text in FUZZY.items():
        columns = ("std", "adv", "min-max")
        found |= {(3, dataset, "Fuzziness", v): float(x) for v, x in zip(columns, text.split(), strict=True)}
    return found


def test_every_printed_number_is_there_once_and_nothing_else():
    ours = [(cell.table, cell.dataset, PRINTED_NAMES[cell.quantity], cell.variant) for cell in CELLS]
    assert len(ours) == len(set(ours)) == 7 * 4 * 2 + 3 * 2
    assert {place: cell.value for place, cell in zip(ours, CELLS, strict=True)} == typed()


@pytest.mark.parametrize(
    ("table", "dataset", "total"), [(1, "mnist", 21.5812), (2, "cifar10", 9.7190), (3, "mnist", 0.7081)]
)
def test_sums_over_tables(table, dataset, total):
    values = [cell.value for cell in CELLS if (cell.table, cell.dataset) == (table, dataset)]
    assert sum(values) == pytest.approx(total, abs=1e-9)


def test_rows_are_the_papers_attacks_in_its_order():
    rows = [cell.quantity for cell in CELLS if (cell.table, cell.variant) == (1, "std")]
    assert rows == ["none", *PAPER_ATTACKS] == [name for name in PRINTED_NAMES if name != FUZZINESS]
    assert TABLE_OF == {"mnist": 1, "cifar10": 2} and set(TITLES) == {1, 2, 3}


def test_three_cells_are_odd():
    odd = {(cell.dataset, cell.quantity, cell.variant): cell.oddity for cell in CELLS if cell.oddity}
    assert odd == {
        ("cifar10", "l2-bim", "std+l2"): SWAPPED,
        ("cifar10", "l2-bim", "min-max"): SWAPPED,
        ("mnist", "mi-fgsm", "min-max"): FAR_BELOW_PGD,
    }


def test_what_the_notes_on_oddities_say_is_so():
    value = {(cell.dataset, cell.quantity, cell.variant): cell.value for cell in CELLS}
    assert value["cifar10", "l2-bim", "min-max"] > value["cifar10", "none", "min-max"]
    others = ("std", "std+l1", "std+l2")
    assert all(abs(value["mnist", "mi-fgsm", v] - value["mnist", "pgd", v]) < 0.04 for v in others)
    assert value["mnist", "pgd", "min-max"] - value["mnist", "mi-fgsm", "min-max"] > 0.1


def test_ratios_of_near_zero_weights():
    assert NEAR_ZERO_RATIOS == {"mnist": (17, 19), "cifar10": (140, 150)}
