"""The configuration of an objective: its limits, its tipping point, and its further penalties."""

import json

import numpy as np
import pytest

from engine.errors import InputError
from engine.minmax.flow import weight_force
from engine.minmax.objective import ObjectiveConfig
from engine.validation import field_limits, validated


@pytest.mark.parametrize(("l1", "l2", "expected"), [(0.1, -0.1, 0.5), (1.0, -0.25, 2.0), (0.0, -1.0, 0.0)])
def test_force_changes_direction_at_the_tipping_point(l1, l2, expected):
    assert ObjectiveConfig(l1_strength=l1, l2_strength=l2).tipping_point == pytest.approx(expected, rel=1e-15)
    places = np.array([expected * 0.99, expected, expected * 1.01 + 0.01])
    below, at, above = weight_force(places, l1, l2)
    assert below <= 0.0 and at == pytest.approx(0.0, abs=1e-15) and above > 0.0


@pytest.mark.parametrize("l2", [0.0, 0.1])
def test_without_a_push_outwards_there_is_no_tipping_point(l2):
    assert ObjectiveConfig(l1_strength=1.0, l2_strength=l2).tipping_point is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("l1_strength", -1e-9),
        ("l1_strength", 10.001),
        ("l1_strength", float("nan")),
        ("l1_strength", float("inf")),
        ("l2_strength", -10.001),
        ("l2_strength", float("-inf")),
        ("l2_strength", "much"),
        ("scope", "conv2"),
        ("momentum", 0.9),
    ],
)
def test_out_of_limits_is_refused_in_one_sentence(name, value):
    with pytest.raises(InputError) as caught:
        validated(ObjectiveConfig, **{name: value})
    assert name.split("_")[0] in str(caught.value) and "\n" not in str(caught.value)


def test_limits_are_those_that_are_enforced():
    for name in ("l1_strength", "l2_strength"):
        limits = field_limits(ObjectiveConfig, name)
        validated(ObjectiveConfig, **{name: limits.low})
        validated(ObjectiveConfig, **{name: limits.high})
    assert field_limits(ObjectiveConfig, "scope").choices == ("conv1", "all")


def test_a_further_penalty_is_part_of_the_objective(quartic):
    objective = ObjectiveConfig(l1_strength=0.1, penalties={quartic: 0.5})
    assert objective.strengths == {"l1": 0.1, "l2": 0.0, quartic: 0.5}
    assert objective.has_penalty and ObjectiveConfig(penalties={quartic: 0.5}).has_penalty
    assert objective != ObjectiveConfig(l1_strength=0.1) and len({objective, ObjectiveConfig(l1_strength=0.1)}) == 2
    assert ObjectiveConfig.model_validate(json.loads(objective.model_dump_json())) == objective


def test_without_further_penalties_a_dump_is_as_it_was_before_there_were_any(quartic):
    expected = {"l1_strength": 0.0, "l2_strength": 0.0, "scope": "conv1"}
    assert ObjectiveConfig().model_dump() == ObjectiveConfig(penalties={quartic: 0}).model_dump() == expected
    assert ObjectiveConfig(penalties={quartic: 2}).model_dump() == expected | {"penalties": {quartic: 2.0}}


def test_with_a_further_penalty_there_is_no_tipping_point_to_tell(quartic):
    assert ObjectiveConfig(l1_strength=0.1, l2_strength=-0.1, penalties={quartic: 0.1}).tipping_point is None


@pytest.mark.parametrize("penalties", [{"elastic": 0.1}, {"quartic": "much"}, {"quartic": float("nan")}, 5, "quartic"])
def test_penalties_that_are_none_are_refused_in_one_sentence(penalties, quartic):
    with pytest.raises(InputError) as caught:
        validated(ObjectiveConfig, penalties=penalties)
    assert "penalt" in str(caught.value) and "\n" not in str(caught.value)
