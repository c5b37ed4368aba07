"""Runs keep apart whatever their colors stand for, and charts use the styles that a table carries."""

from types import SimpleNamespace

import pandas as pd
import pytest

from dashboard.figures.canvas import split_runs
from dashboard.figures.coloring import COLOR_BY, Style, painted, run_styles
from dashboard.figures.palette import NEUTRAL, SEQUENCE, SHADES, SINGLE
from engine.minmax.objective import ObjectiveConfig
from engine.runs.config import RunConfig


def run(name, config):
    return SimpleNamespace(run_id=name, config=config)


def minmax(number, seed=0, strength=0.1):
    config = RunConfig(objective=ObjectiveConfig(l1_strength=strength, l2_strength=-2 * strength), seed=seed)
    return run(f"run-{number}", config)


@pytest.mark.parametrize("by", COLOR_BY)
def test_eight_runs_of_one_variant_all_look_different(by):
    runs = [minmax(number, seed=number % 2) for number in range(8)]
    assert len(set(run_styles(runs, by).values())) == 8


def test_by_variant_the_hue_is_the_variants():
    styles = run_styles([minmax(0), run("std", RunConfig()), minmax(1)])
    assert styles["run-0"] == Style(SHADES["min-max"][0], "solid")
    assert styles["run-1"] == Style(SHADES["min-max"][1], "dash")
    assert styles["std"] == Style(SHADES["std"][0], "solid")


def test_by_run_each_has_its_color():
    assert [style.color for style in run_styles([minmax(n) for n in range(8)], "Run").values()] == list(SINGLE)


def test_numbers_are_colored_by_rank():
    runs = [minmax(0, strength=0.3), minmax(1, strength=0.003), minmax(2, strength=0.03), minmax(3, strength=0.3)]
    for by in ("λ", "μ"):
        styles = run_styles(runs, by)
        colors = [styles[one.run_id].color for one in runs]
        assert (colors[1], colors[0]) == (SEQUENCE[0], SEQUENCE[-1])
        assert colors[2] not in (colors[0], colors[1]) and colors[3] == colors[0]
        assert [styles[one.run_id].dash for one in runs] == ["solid", "solid", "solid", "dash"]


def test_a_run_without_the_number_is_neutral():
    imported = run("imported", SimpleNamespace(variant="custom"))
    assert run_styles([imported, minmax(0)], "λ")["imported"].color == NEUTRAL


def test_a_chart_uses_the_styles_of_the_table():
    frame = pd.DataFrame({"run_id": ["a", "a", "b"], "label": ["A", "A", "B"], "variant": ["std", "std", "std"]})
    styled = split_runs(painted(frame, {"b": Style("#123456", "dot")}), ())
    plain = split_runs(frame, ())
    assert [(one.color, one.dash) for one in styled] == [(plain[0].color, "solid"), ("#123456", "dot")]
    assert painted(frame, {}) is frame
