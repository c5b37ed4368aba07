"""Every page through Streamlit's own test runner: what it says, what it launches, what it refuses."""

import pytest

PAGES = ["home", "launch", "runs", "weights", "robustness", "examples"]


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
        list(app.dataframe[0].value["Run"])
        if page in ("home", "runs")
        else app.multiselect[0].options
        if app.multiselect
        else []
    )
    shown = f"{texts(app)} {names}"
    assert "Std · seed 0" in shown
    assert "Min-Max λ 0.1 μ 0.1 · seed 0" in shown


@pytest.mark.parametrize("page", [*PAGES, "sweeps", "paper", "theory"])
def test_read_only_offers_nothing_that_changes_the_store(open_page, trained_store, started_workers, page):
    app = open_page(page, trained_store.root, read_only=True)
    assert not app.exception
    changing = {
        "Launch and watch",
        "Train Std and Min-Max",
        "Attack these runs",
        "Delete",
        "Stop",
        "Resume",
    }
    assert not changing & {button.label for button in app.button}
    assert started_workers == []


def test_shipped_runs_can_be_compared_but_not_changed(open_page, trained_store, tmp_path, started_workers):
    app = open_page("weights", tmp_path / "store", shipped=trained_store.root)
    assert not app.exception
    assert all(option.endswith("shipped") for option in app.multiselect[0].options)
    assert len(app.multiselect[0].value) == 2, "Std and Min-Max to begin with"
    app = open_page("launch", tmp_path / "store", shipped=trained_store.root)
    assert "No runs have been launched yet. Choose a preset above and launch it." in [info.value for info in app.info]
    assert not [button for button in app.button if button.label in ("Delete", "Resume", "Retry")]
