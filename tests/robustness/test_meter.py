import pytest

from engine.robustness.meter import Meter, slice_of


def test_a_meter_counts_parts_once_and_skips_what_is_left_out():
    seen: list[tuple[float, str]] = []
    meter = Meter({"first": 3, "second": 1}, lambda *told: seen.append(told))
    with meter.part("first", "one") as report:
        slice_of(report, 1, 2)(0.5)
    with meter.part("second", "two") as report:
        report(1.0)
    assert seen == [(pytest.approx(0.75 * 0.75), "one"), (1.0, "two")]
