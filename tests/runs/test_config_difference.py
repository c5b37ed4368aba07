"""The difference of two configurations names what differs, and nothing else."""

from engine.runs.config import RunConfig
from engine.runs.config_difference import config_difference
from engine.runs.model_config import ImportedConfig
from engine.runs.variants import variant_objective


def test_equal_configurations_do_not_differ():
    assert config_difference(RunConfig(), RunConfig()) == []


def test_only_what_differs_is_named():
    other = RunConfig(seed=3, objective=variant_objective("min-max", 0.03, -0.1, "all"))
    found = {each.setting: (each.first, each.second) for each in config_difference(RunConfig(), other)}
    assert found == {"seed": ("0", "3"), "λ": ("0", "0.03"), "κ = −μ": ("0", "−0.1"), "penalty on": ("conv1", "all")}


def test_settings_of_one_alone_are_missing_in_the_other():
    found = config_difference(RunConfig(), ImportedConfig(name="x", weights="0" * 8))
    assert ("seed", "0", "–") in found and found[-2:] == [("name", "–", "x"), ("weights", "–", "0" * 8)]
