"""The Runs page: it finds, names, archives, compares and deletes runs, and brings deleted ones back."""

import pytest

from engine.queue.process_identity import interactive_identity
from engine.queue.run_queue import RunQueue
from engine.runs.labels import LabelChange
from engine.runs.store import RunStore
from tests.dashboard.shown_text import shown
from tests.dashboard.store_runs import std_and_minmax


def names(app) -> list[str]:
    return list(app.dataframe[0].value["Run"])


def button(app, label):
    return next(one for one in app.button if one.label == label)


def texts(app) -> str:
    kinds = ("caption", "markdown", "info", "error", "subheader")
    return shown(" ".join(str(one.value) for kind in kinds for one in app.get(kind)))


def test_the_table_says_what_is_known_of_each_run(open_page, trained_store):
    app = open_page("runs", trained_store.root)
    assert not app.exception and not app.error
    table = app.dataframe[0].value.set_index("Variant")
    assert names(app) == ["Min-Max λ 0.1 μ 0.1 · seed 0", "Std · seed 0"]
    assert (table.loc["Min-Max", ["λ", "μ", "Seed", "Epochs"]] == [0.1, 0.1, 0, 1]).all()
    assert table.loc["Std", "Attacks"] == 2 and table.loc["Std", "Clean (%)"] > table.loc["Std", "Worst case (%)"]
    assert "Tags" not in table and "core" in texts(app) and "no worker" in texts(app)


@pytest.mark.parametrize(
    ("expression", "count"), [("λ = 0.1", 1), ("lambda = 0.1 seed >= 2", 0), ("variant = min-max", 1), ("seed = 0", 2)]
)
def test_the_filter_finds_runs_by_field(open_page, trained_store, expression, count):
    app = open_page("runs", trained_store.root)
    app.text_input(key="where").set_value(expression).run()
    assert not app.exception
    assert (len(names(app)) if count else len(app.dataframe)) == count
    assert count or "No run meets these conditions." in texts(app)


def test_a_bad_filter_is_named(open_page, trained_store):
    app = open_page("runs", trained_store.root)
    app.text_input(key="where").set_value("colour = *red*").run()
    assert not app.exception and "Expected a field, one of variant" in shown(app.error[0].value)


def test_a_run_is_named_and_tagged(open_page, store: RunStore):
    std, _ = std_and_minmax(store)
    app = open_page("runs", store.root, runs=[std])
    field = {one.label: one for one in (*app.text_input, *app.text_area, *app.multiselect)}
    field["Name"].set_value("*Baseline*")
    field["Note"].set_value("look\nagain")
    button(app, "Save").click().run()
    assert not app.exception and not app.error
    assert names(app)[-1] == "*Baseline*" and shown(app.subheader[0].value) == "*Baseline*"
    assert store.labels(std).note == "look\nagain"


def test_pinned_runs_come_first_and_archived_ones_go(open_page, store: RunStore):
    std, minmax = std_and_minmax(store)
    app = open_page("runs", store.root, runs=[std])
    button(app, "Pin").click().run()
    assert names(app) == ["Std · seed 0", "Min-Max λ 0.1 μ 0.1 · seed 0"]
    button(app, "Archive").click().run()
    assert names(app) == ["Min-Max λ 0.1 μ 0.1 · seed 0"] and store.labels(std).archived
    app.toggle[0].set_value(True).run()
    assert len(names(app)) == 2 and list(app.dataframe[0].value["Mark"]) == ["pinned, archived", ""]


def test_two_runs_are_compared(open_page, store: RunStore):
    app = open_page("runs", store.root, runs=[*std_and_minmax(store)])
    assert list(app.dataframe[1].value["Setting"]) == ["λ", "κ = −μ"]
    assert list(app.dataframe[1].value["Min-Max λ 0.1 μ 0.1 · seed 0"]) == ["0.1", "−0.1"]


def test_deleted_runs_come_back(open_page, store: RunStore):
    std, minmax = std_and_minmax(store)
    store.change_labels(std, LabelChange(name="mine"))
    app = open_page("runs", store.root, runs=[std])
    assert "1 run moves to the trash, with weights, records, and measurements: mine." in texts(app)
    app.button(key="delete-chosen").click().run()
    assert store.run_ids() == [minmax] and "Deleted: mine." in texts(app)
    button(app, "Undo").click().run()
    assert {*store.run_ids()} == {std, minmax} and "mine" in names(app) and "Deleted" not in texts(app)
    assert store.labels(std).name == "mine"


def test_a_run_in_training_is_not_deleted(open_page, store: RunStore):
    std, _ = std_and_minmax(store)
    queue = RunQueue(store.root)
    (store.root / std / "result.json").unlink()
    queue.resume(std)
    assert queue.claim(interactive_identity(), lambda jobs: jobs)
    app = open_page("runs", store.root, runs=[std])
    assert not app.exception and "Stop these runs first: Std · seed 0." in texts(app)
    assert "delete-chosen" not in [one.key for one in app.button]


def test_the_log_says_what_became_of_a_run(open_page, store: RunStore):
    std, _ = std_and_minmax(store)
    app = open_page("runs", store.root, runs=[std])
    assert "training finished" in app.code[0].value


def test_read_only_shows_all_and_changes_nothing(open_page, store: RunStore):
    app = open_page("runs", store.root, read_only=True, runs=[*std_and_minmax(store)])
    assert not app.exception and "This laboratory is read-only" in texts(app)
    assert not {"Pin", "Archive", "Save", "Delete"} & {one.label for one in app.button}


def test_shipped_runs_are_named_in_the_store_alone(open_page, trained_store, tmp_path):
    std, minmax = std_and_minmax(trained_store)
    app = open_page("runs", tmp_path / "store", shipped=trained_store.root, runs=[std])
    assert "No runs have been trained here yet" in texts(app) and len(names(app)) == 2
    assert "Delete" not in [one.label for one in app.button]
    button(app, "Pin").click().run()
    assert not app.exception and names(app)[0] == "Std · seed 0"
    assert [path.name for path in (tmp_path / "store" / std).iterdir()] == ["labels.json"]
