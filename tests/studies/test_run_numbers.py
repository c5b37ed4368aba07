"""The numbers of a run: every quantity of its newest snapshot, and what earlier records lack."""

from engine.queue.overview import RunOverview
from engine.runs.config import RunConfig
from engine.studies.run_numbers import is_running_away, run_numbers, tipping_point

RECORD = {
    "fuzziness": {"conv1": 0.3, "conv2": 0.1},
    "near_zero": {"conv1": 30, "conv2": 240},
    "largest_weight": {"conv1": 0.6, "conv2": 0.05},
}


def overview(last: dict | None, **objective) -> RunOverview:
    return RunOverview("a-run", RunConfig(objective=objective), "finished", last, None, None)


def test_counts_are_shares_of_the_layer():
    assert run_numbers(overview(RECORD), None) == {
        "fuzziness": 0.3, "near_zero_share": 30 / 150, "largest_weight": 0.6
    }  # fmt: skip
    assert run_numbers(overview(RECORD), None, "conv2")["near_zero_share"] == 240 / 2400
    counted = overview(RECORD | {"weights": {"conv1": 60}})
    assert run_numbers(counted, None)["near_zero_share"] == 30 / 60, "of the weights that the record counts"


def test_a_new_quantity_is_listed_and_among_the_numbers(spread):
    run = overview(RECORD | {spread: {"conv1": 0.7}})
    assert run.document()["conv1_spread"] == run.quantity(spread) == run_numbers(run, None)[spread] == 0.7


def test_an_earlier_record_lacks_a_new_quantity_without_an_error(spread):
    run = overview(RECORD)
    assert run.quantity(spread) is None and spread not in run_numbers(run, None)
    assert "conv1_spread" not in run.document() and run.document()["conv1_near_zero"] == 30
    assert run_numbers(overview(None), None) == {} and overview(None).quantity("fuzziness") is None


def test_weights_beyond_the_tipping_point_run_away(quartic):
    strengths = {"l1_strength": 0.1, "l2_strength": -0.1}
    assert tipping_point(overview(RECORD, **strengths), "conv1") == 0.5
    assert is_running_away(overview(RECORD, **strengths), "conv1")
    assert not is_running_away(overview(RECORD | {"largest_weight": {"conv1": 0.4}}, **strengths), "conv1")
    assert not is_running_away(overview(RECORD, **strengths), "conv2"), "the penalty is on the first layer alone"
    assert not is_running_away(overview(RECORD, **strengths, penalties={quartic: 0.1}), "conv1"), "no tipping point"
