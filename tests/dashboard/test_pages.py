"""Every page through Streamlit's own test runner: what it says, what it launches, what it refuses."""

import pytest

from engine.queue.run_queue import RunQueue
from engine.runs.store import RunStore

PAGES = ["home", "launch", "weights", "robustness", "examples"]


def texts(app) -> str:
    """What a page says, without the backslashes that keep Markdown out of names."""
    kinds = ("title", "info", "error", "caption", "markdown")
    return " ".join(str(element.value) for kind in kinds for element in app.get(kind)).replace("\\", "")


@pytest.mark.parametrize("page", [*PAGES, "sweeps"])
def test_an_empty_store_is_met_with_a_next_step(open_page, tmp_path, page):
    app = open_page(page, tmp_path / "store")
    assert not app.exception
    assert len(app.title) == 1
    assert app.info, "an empty page says what to do"


@pytest.mark.parametrize("page", PAGES)
def test_a_filled_store_is_shown_without_errors(open_page, trained_store, page):
    app = open_page(page, trained_store.root)
    assert not app.exception
    assert not app.error
    names = (
        list(app.dataframe[0].value["Run"]) if page == "home" else app.multiselect[0].options if app.multiselect else []
    )
    shown = f"{texts(app)} {names}"
    assert "Std · seed 0" in shown
    assert ("Min-Max λ 0.1 μ 0.1 · seed 0" in shown) == (page != "examples")  # only Std was attacked


def test_the_first_button_trains_the_pair(open_page, tmp_path, started_workers):
    app = open_page("home", tmp_path / "store")
    app.button[0].click().run()
    jobs = RunQueue(tmp_path / "store").jobs()
    assert sorted(job.run_id.rsplit("-", 1)[0] for job in jobs) == ["mnist-mini-min-max", "mnist-mini-std"]
    assert {settings.root for settings in started_workers} == {tmp_path / "store"}


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
    import shlex

    from engine.__main__ import main

    app = open_page("launch", tmp_path / "form")
    app.number_input(key="demonstration-learning_rate").set_value(0.002)
    app.number_input(key="demonstration-probe-samples").set_value(0)
    app.number_input(key="demonstration-epsilon-mnist-mini").set_value(0.1).run()
    words = shlex.split(app.code[0].value)
    next(button for button in app.button if button.label == "Launch and watch").click().run()
    form = RunStore(tmp_path / "form").run_ids()

    from engine.command_line import launch as command

    request = command.build_request(_parse(main, words[3:]))
    assert sorted(config.run_id for config in request.configs()) == sorted(form)


def _parse(main, words):
    import argparse

    from engine.command_line import launch

    parser = argparse.ArgumentParser()
    launch.add_parser(parser.add_subparsers())
    return parser.parse_args(words)


@pytest.mark.parametrize(
    ("field", "value", "word"),
    [("l1", 0.0, "λ above 0"), ("mu", 0.0, "κ = −μ below 0")],
)
def test_what_cannot_be_launched_is_said_in_place(open_page, tmp_path, field, value, word):
    app = open_page("launch", tmp_path / "store")
    app.number_input(key=f"demonstration-{field}").set_value(value).run()
    assert not app.exception
    assert word in app.error[0].value
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


@pytest.mark.parametrize("page", [*PAGES, "sweeps", "paper", "theory"])
def test_read_only_offers_nothing_that_changes_the_store(open_page, trained_store, started_workers, page):
    app = open_page(page, trained_store.root, read_only=True)
    assert not app.exception
    changing = {"Launch and watch", "Train Std and Min-Max, and watch", "Attack", "Delete for good", "Stop", "Resume"}
    assert not changing & {button.label for button in app.button}
    assert started_workers == []


def test_evaluations_are_queued_for_every_chosen_run(open_page, trained_store, tmp_path):
    import shutil

    shutil.copytree(trained_store.root, tmp_path / "store")
    app = open_page("robustness", tmp_path / "store")
    app.number_input(key="samples").set_value(30).run()
    next(button for button in app.button if button.label == "Attack").click().run()
    jobs = [job for job in RunQueue(tmp_path / "store").jobs() if job.kind == "evaluate"]
    assert sorted(job.run_id for job in jobs) == sorted(trained_store.run_ids())
    assert {job.payload["samples"] for job in jobs} == {30}
    assert not app.exception


def test_cw_alone_has_no_ball_and_is_shown(open_page, trained_store, tmp_path):
    import json
    import shutil

    shutil.copytree(trained_store.root, tmp_path / "store")
    store = RunStore(tmp_path / "store")
    (path,) = [path for run_id in store.run_ids() for path in store.report_paths(run_id)]
    report = json.loads(path.read_bytes())
    alone = report["attacks"][0] | {"attack": {"name": "cw"}, "threat": None}
    path.write_text(json.dumps(report | {"attacks": [alone]}))
    app = open_page("robustness", store.root)
    assert not app.exception
    assert list(app.dataframe[0].value["Attack"]) == ["no attack", "cw", "worst case", "checks"]


def moment_of(app) -> float:
    return app.session_state["moment"]


def press(app, key):
    return app.button(key=key).click().run()


def test_scrubbing_shows_another_moment(open_page, trained_store):
    app = open_page("weights", trained_store.root)
    assert app.select_slider[0].value == moment_of(app) == 1.0
    app.select_slider[0].set_value(0.0).run()
    assert not app.exception
    assert moment_of(app) == 0.0
    assert moment_of(press(app, "forward")) == 0.25
    assert moment_of(press(press(app, "back"), "back")) == 0.0, "it does not go before the beginning"
    assert app.select_slider[0].value == 0.0


def test_playing_begins_again_at_the_end_and_stops_there(open_page, trained_store):
    app = open_page("weights", trained_store.root)
    press(app, "play")
    seen = [moment_of(app)]
    while app.session_state["mode"] == "play" and len(seen) < 10:
        seen.append(moment_of(app.run()))
    assert seen == [0.25, 0.5, 0.75, 1.0]
    assert app.select_slider[0].value == 1.0
    press(press(app, "play"), "pause")
    assert app.session_state["mode"] == "hold" and 0.0 < moment_of(app) < 1.0


def test_what_trains_is_followed_until_someone_holds_it(open_page, trained_store, tmp_path):
    """A stale report from the browser must not look like a hand on the slider: while following there is none."""
    import shutil

    shutil.copytree(trained_store.root, tmp_path / "store")
    store, queue = RunStore(tmp_path / "store"), RunQueue(tmp_path / "store")
    for run_id in store.run_ids():
        (store.root / run_id / "result.json").unlink()
        metrics = store.root / run_id / "metrics.jsonl"
        lines = metrics.read_bytes().splitlines(keepends=True)
        metrics.write_bytes(b"".join(lines[:2]))
        queue.submit(run_id, "train", run_id, {})
        queue.resume(run_id)
    app = open_page("weights", store.root)
    assert not app.select_slider and moment_of(app) == 0.25
    metrics.write_bytes(b"".join(lines[:4]))
    assert moment_of(app.run()) == 0.75
    press(app, "pause")
    metrics.write_bytes(b"".join(lines))
    assert moment_of(app.run()) == 0.75, "held"
    assert moment_of(press(app, "follow")) == 1.0
