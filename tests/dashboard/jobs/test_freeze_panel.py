"""Runs that have not finished, taken as they are: one press, and the page has picked the copy."""

import pytest
from streamlit.testing.v1 import AppTest

from engine.exchange.freeze import freeze_run
from engine.queue.run_queue import RunQueue
from engine.runs.experiment import train_runs
from engine.training.checkpoint_file import read_checkpoints, write_checkpoint


def page():
    import streamlit as st

    from dashboard import sources
    from dashboard.jobs.freeze_panel import draw_freeze
    from dashboard.navigation import pick_runs

    runs = sources.runs()
    draw_freeze(sources.settings(), [run for run in runs if run.status != "finished"])
    st.session_state.shown = pick_runs([run for run in runs if run.status == "finished"], "Runs")


@pytest.fixture
def unfinished(store, few_images) -> str:
    """A third run beside the two finished ones, stopped after a few steps."""
    config = store.training_config(store.run_ids()[0])
    config = config.model_copy(update={"seed": 5, "training": config.training.model_copy(update={"batch_size": 25})})
    store.create(config)
    asked = iter(range(10**9))
    list(train_runs(store, [config.run_id], few_images, "cpu", lambda: next(asked) >= 6))
    queue = RunQueue(store.root)
    queue.submit(config.run_id, "train", config.run_id, {})
    queue.request_stop(config.run_id)
    return config.run_id


@pytest.fixture
def open_panel(run_function, store, unfinished):
    def open_it(read_only: bool = False) -> AppTest:
        return run_function(page, store.root, read_only)

    return open_it


def picked(app: AppTest) -> list[str]:
    return [run.run_id for run in app.session_state["shown"]]


def test_what_is_taken_joins_the_picked_ones(open_panel, store, unfinished):
    app = open_panel()
    before = picked(app)
    assert len(before) == 2 and "Stopped: " in app.markdown[0].value and "of 1" in app.markdown[0].value
    app.button(key=f"freeze-{unfinished}").click().run()
    assert not app.exception and not app.error
    frozen = freeze_run(store, unfinished)
    assert picked(app) == [*before, frozen] == app.multiselect(key="picked").value
    app.button(key=f"freeze-{unfinished}").click().run()
    assert picked(app) == [*before, frozen] and len(store.run_ids()) == 4, "the same moment is the same run"


def test_runs_of_other_data_make_room(open_panel, store, unfinished):
    app = open_panel()
    other = store.training_config(unfinished).model_copy(update={"dataset": "mnist"})
    store.create(other)
    app.session_state["picked"] = [*picked(app)[:1], other.run_id]
    app.button(key=f"freeze-{unfinished}").click().run()
    assert len(picked(app)) == 2 and other.run_id not in app.multiselect(key="picked").value


def test_a_refusal_is_said_at_the_run(open_panel, store, unfinished):
    app = open_panel()
    folder = store.folder(unfinished)
    stored = next(read_checkpoints(folder))
    weights = stored.arrays["weights/conv1.weight"]
    write_checkpoint(folder, stored.position, stored.arrays | {"weights/conv1.weight": weights * float("nan")})
    app.button(key=f"freeze-{unfinished}").click().run()
    assert not app.exception and "diverged" in app.error[0].value and len(picked(app)) == 2
    write_checkpoint(folder, stored.position, stored.arrays)
    app.button(key=f"freeze-{unfinished}").click().run()
    assert not app.error and len(picked(app)) == 3


def test_without_a_checkpoint_there_is_nothing_to_take(open_panel, store, unfinished):
    for path in store.folder(unfinished).glob("last*"):
        path.unlink()
    assert not open_panel().button


def test_many_are_folded(open_panel, store, unfinished):
    config = store.training_config(unfinished)
    (checkpoint,) = store.folder(unfinished).glob("last.safetensors")
    for seed in range(10, 15):
        folder = store.create(config.model_copy(update={"seed": seed}))
        (folder / checkpoint.name).write_bytes(checkpoint.read_bytes())
    app = open_panel()
    assert len(app.button) == 6 and app.expander[0].label == "Unfinished runs: 2 more"
    assert len(app.expander[0].button) == 2


def test_read_only_takes_nothing(open_panel):
    app = open_panel(read_only=True)
    assert not app.button and len(picked(app)) == 2


@pytest.mark.parametrize("name", ["home", "launch", "weights", "robustness", "examples"])
def test_every_page_shows_a_frozen_run(open_page, store, unfinished, name):
    frozen = freeze_run(store, unfinished)
    app = open_page(name, store.root, runs=[frozen])
    assert not app.exception
