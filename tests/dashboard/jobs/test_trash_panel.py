"""Deleted runs on the page: restored with one press, unless they exist again."""

import shutil

import pytest

from engine.runs.run_files import CONFIG


def page():
    from dashboard import sources
    from dashboard.jobs.trash_panel import draw_trash

    draw_trash(sources.settings())


@pytest.fixture
def deleted(store) -> str:
    return store.delete(store.run_ids()[0]).run_id


def test_nothing_is_drawn_without_deleted_runs_or_for_readers(run_function, store):
    assert not run_function(page, store.root).expander
    store.delete(store.run_ids()[0])
    assert not run_function(page, store.root, read_only=True).expander


def test_one_press_restores_a_run(run_function, store, deleted):
    app = run_function(page, store.root)
    assert app.expander[0].label == "Deleted runs (1)"
    assert "seed 0" in app.markdown[0].value and "MNIST mini" in app.markdown[0].value
    app.button[0].click().run()
    assert not app.exception and not app.button and deleted in store.run_ids()


def test_a_run_that_exists_again_stays_in_the_trash(run_function, store, deleted):
    app = run_function(page, store.root)
    shutil.copytree(store.trash.entries()[0].path, store.root / deleted)
    app.button[0].click().run()
    assert "exist again" in app.error[0].value and len(store.trash.entries()) == 1


def test_a_deleted_run_with_a_damaged_config_is_shown_by_its_id(run_function, store, deleted):
    (store.trash.entries()[0].path / CONFIG).write_bytes(b"{")
    app = run_function(page, store.root)
    assert deleted.replace("-", "\\-") in app.markdown[0].value
    app.button[0].click().run()
    assert not app.exception and (store.root / deleted).exists()
