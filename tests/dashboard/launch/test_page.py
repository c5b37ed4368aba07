"""The launch page: what the form asks for is what is launched, or refused in place."""

import argparse
import shlex

import pytest

from engine.command_line import launch
from engine.runs.store import RunStore
from tests.dashboard.shown_text import shown


def test_launching_what_the_form_says(open_page, tmp_path):
    app = open_page("launch", tmp_path / "store")
    app.number_input(key="demonstration-l1").set_value(0.03)
    app.number_input(key="demonstration-mu").set_value(0.02)
    app.number_input(key="demonstration-seeds").set_value(2)
    app.number_input(key="demonstration-epochs").set_value(3).run()
    command = app.code[0].value
    assert "--seed 0 --seed 1 --l1 0.03 --l2 -0.02 --epochs 3" in command
    assert app.metric[0].value == "4"
    next(button for button in app.button if button.label == "Launch and watch").click().run()
    store = RunStore(tmp_path / "store")
    configs = [store.config(run_id) for run_id in store.run_ids()]
    assert sorted((config.variant, config.seed) for config in configs) == [
        ("min-max", 0),
        ("min-max", 1),
        ("std", 0),
        ("std", 1),
    ]
    assert {config.objective.l2_strength for config in configs} == {0.0, -0.02}
    assert {config.training.epochs for config in configs} == {3}


def test_the_form_and_the_command_line_mean_the_same_runs(open_page, tmp_path):
    app = open_page("launch", tmp_path / "form")
    app.number_input(key="demonstration-learning_rate").set_value(0.002)
    app.number_input(key="demonstration-probe-samples").set_value(0)
    app.number_input(key="demonstration-epsilon-mnist-mini").set_value(0.1).run()
    words = shlex.split(app.code[0].value)
    next(button for button in app.button if button.label == "Launch and watch").click().run()
    parser = argparse.ArgumentParser()
    launch.add_parser(parser.add_subparsers())
    request = launch.build_request(parser.parse_args(words[3:]))
    assert sorted(config.run_id for config in request.configs()) == sorted(RunStore(tmp_path / "form").run_ids())


@pytest.mark.parametrize(
    ("field", "value", "word"),
    [("l1", 0.0, "λ above 0"), ("mu", 0.0, "κ = −μ below 0")],
)
def test_what_cannot_be_launched_is_said_in_place(open_page, tmp_path, field, value, word):
    app = open_page("launch", tmp_path / "store")
    app.number_input(key=f"demonstration-{field}").set_value(value).run()
    assert not app.exception
    assert word in shown(app.error[0].value)
    assert "Launch and watch" not in [button.label for button in app.button]


def test_no_variant_is_refused(open_page, tmp_path):
    app = open_page("launch", tmp_path / "store")
    app.get("button_group")[1].set_value([]).run()
    assert "at least one variant" in app.error[0].value


def test_a_missing_data_set_is_no_surprise(open_page, tmp_path):
    (tmp_path / "store" / "data").mkdir(parents=True)
    (tmp_path / "store" / "data" / "mnist.npz").write_bytes(b"not an npz file")
    app = open_page("launch", tmp_path / "store")
    app.selectbox(key="preset").set_value("table1-mnist").run()
    assert "damaged or unreadable" in app.error[0].value
