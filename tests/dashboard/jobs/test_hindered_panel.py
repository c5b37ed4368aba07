"""Selected runs that a page cannot show: why, and one press that makes a run of the current checkpoint."""

import shutil

import pytest
from streamlit.testing.v1 import AppTest

from engine.exchange.freeze import freeze_run
from engine.queue.run_queue import RunQueue
from engine.runs.experiment import train_runs
from engine.runs.run_files import write_json
from engine.training.checkpoint_file import read_checkpoints, write_checkpoint


def page():
    import streamlit as st

    from dashboard import sources
    from dashboard.jobs.hindered_panel import draw_hindered, unfinished
    from dashboard.selection import pick_runs

    selection = pick_runs(sources.runs(), unfinished, alike=True)
    draw_hindered(sources.settings(), selection.hindered, unfinished)
    st.session_state.shown = selection.shown


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


def shown(app: AppTest) -> list[str]:
    return [run.run_id for run in app.session_state["shown"]]


def test_what_is_taken_joins_the_selection(open_panel, store, unfinished):
    app = open_panel()
    before = shown(app)
    assert len(before) == 2 and not app.button, "only selected runs are offered"
    app.multiselect(key="picked").select(unfinished).run()
    words = app.markdown[0].value
    assert (
        "Not shown: " in words and "was stopped at epoch" in words and "of 1; attacks need its final weights" in words
    )
    assert shown(app) == before
    app.button(key=f"freeze-{unfinished}").click().run()
    assert not app.exception and not app.error
    frozen = freeze_run(store, unfinished)
    assert shown(app) == [*before, frozen]
    assert app.multiselect(key="picked").value == [*before, unfinished, frozen], "nothing is lost"
    app.button(key=f"freeze-{unfinished}").click().run()
    assert shown(app) == [*before, frozen] and len(store.run_ids()) == 4, "the same moment is the same run"


def test_runs_of_other_data_are_named_and_stay_selected(open_panel, store, unfinished):
    finished = next(run_id for run_id in store.run_ids() if run_id != unfinished)
    other = store.training_config(finished).model_copy(update={"dataset": "mnist"})
    shutil.copytree(store.folder(finished), store.root / other.run_id)
    write_json(store.root / other.run_id / "config.json", {
        "run_id": other.run_id, "created_at": "2026-01-01T00:00:00+00:00", "config": other.model_dump(mode="json"),
    })  # fmt: skip
    app = open_panel()
    first = finished
    app.multiselect(key="picked").set_value([first, other.run_id]).run()
    assert not app.exception and shown(app) == [first]
    assert "is of MNIST; the others are of MNIST mini" in app.markdown[0].value and not app.button
    app.multiselect(key="picked").set_value([other.run_id, first]).run()
    assert shown(app) == [other.run_id] and app.query_params["runs"] == [other.run_id, first]


def test_a_refusal_is_said_at_the_run(open_panel, store, unfinished):
    app = open_panel()
    app.multiselect(key="picked").select(unfinished).run()
    folder = store.folder(unfinished)
    stored = next(read_checkpoints(folder))
    weights = stored.arrays["weights/conv1.weight"]
    write_checkpoint(folder, stored.position, stored.arrays | {"weights/conv1.weight": weights * float("nan")})
    app.button(key=f"freeze-{unfinished}").click().run()
    assert not app.exception and "diverged" in app.error[0].value and len(shown(app)) == 2
    write_checkpoint(folder, stored.position, stored.arrays)
    app.button(key=f"freeze-{unfinished}").click().run()
    assert not app.error and len(shown(app)) == 3


def test_without_a_checkpoint_there_is_nothing_to_take(open_panel, store, unfinished):
    for path in store.folder(unfinished).glob("last*"):
        path.unlink()
    app = open_panel()
    app.multiselect(key="picked").select(unfinished).run()
    assert "Not shown" in app.markdown[0].value and not app.button


def test_read_only_takes_nothing(open_panel, unfinished):
    app = open_panel(read_only=True)
    app.multiselect(key="picked").select(unfinished).run()
    assert not app.button and len(shown(app)) == 2 and "Not shown" in app.markdown[0].value


@pytest.mark.parametrize("name", ["home", "launch", "weights", "robustness", "examples"])
def test_every_page_shows_a_frozen_run(open_page, store, unfinished, name):
    frozen = freeze_run(store, unfinished)
    app = open_page(name, store.root, runs=[frozen])
    assert not app.exception
