"""Names of users on pages: wherever runs are named; archived runs are left out of lists."""

import pytest

from engine.runs.labels import LabelChange
from tests.dashboard.store_runs import std_and_minmax


@pytest.mark.parametrize("page", ["weights", "robustness", "examples"])
def test_a_name_stands_in_the_picker(open_page, store, drawn, page):
    std, minmax = std_and_minmax(store)
    store.change_labels(std, LabelChange(name="the *first* one", pinned=True))
    app = open_page(page, store.root, runs=[std, minmax])
    assert not app.exception
    assert app.multiselect[0].options[0].startswith("the *first* one · ")


def test_a_name_stands_in_charts_and_in_the_table_of_runs(open_page, store, drawn):
    std, minmax = std_and_minmax(store)
    store.change_labels(std, LabelChange(name="the first one"))
    app = open_page("weights", store.root, runs=[std, minmax])
    assert not app.exception
    figures = [one[0].to_json() for one in drawn.values() if isinstance(one, tuple)]
    assert any("the first one" in figure for figure in figures)
    assert list(open_page("home", store.root).dataframe[0].value["Run"]).count("the first one") == 1


def test_archived_runs_are_left_out_of_the_picker_unless_the_address_names_them(open_page, store):
    std, minmax = std_and_minmax(store)
    store.change_labels(std, LabelChange(archived=True))
    app = open_page("weights", store.root)
    assert app.multiselect[0].value == [minmax] and len(app.multiselect[0].options) == 1
    app = open_page("weights", store.root, runs=[std])
    assert app.multiselect[0].value == [std] and len(app.multiselect[0].options) == 2
