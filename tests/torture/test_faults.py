"""The fault campaign under pytest, with twenty tries of each fault: nothing is lost. `tests.torture` tries more."""

import pytest

from tests.torture.bench import Bench
from tests.torture.fault import FAULTS, LEAST_TRIES
from tests.torture.faults import load_faults

load_faults()
ALONE = {"disk full while runs train"}
"""Faults that timed out when other tests ran beside them."""


@pytest.fixture(scope="module")
def bench(tmp_path_factory) -> Bench:
    return Bench(tmp_path_factory.mktemp("torture"), seed=0)


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.alone) if name in ALONE else name for name in FAULTS]
)
def test_nothing_is_lost(bench, name):
    bench.begin(name)
    tally = FAULTS[name].run(bench, LEAST_TRIES)
    assert tally.losses == []
    assert tally.tries == LEAST_TRIES
