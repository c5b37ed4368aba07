"""A queue that is damaged, locked or of another program: all pages draw what files give, and say it once."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from functools import partial

import pytest

from dashboard import settings, sources
from dashboard.navigation import PAGES
from engine.queue.run_queue import RunQueue
from engine.runs.launch import LaunchRequest
from engine.runs.store import RunStore

NAMED = {
    "home": ("Std · seed 0", "Min-Max λ 0.1 μ 0.1 · seed 0"),
    "launch": ("Std · seed 0", "Min-Max λ 0.1 μ 0.1 · seed 0", "clean accuracy"),
    "weights": ("Std · seed 0", "Min-Max λ 0.1 μ 0.1 · seed 0"),
    "robustness": ("Std · seed 0", "fgsm", "pgd"),
    "examples": ("Std · seed 0",),
}
"""Page -> what the store's results say on it."""


def remove(queue: RunQueue) -> None:
    for ending in ("", "-wal", "-shm"):
        queue.path.with_name(queue.path.name + ending).unlink(missing_ok=True)


def garbage(queue: RunQueue) -> None:
    remove(queue)
    queue.path.write_text("garbage")


def foreign(queue: RunQueue) -> None:
    remove(queue)
    with closing(sqlite3.connect(queue.path)) as connection:
        connection.execute("CREATE TABLE pictures (name TEXT)")
        connection.commit()


def lock(queue: RunQueue) -> sqlite3.Connection:
    """A connection of another program that keeps even readers out."""
    connection = sqlite3.connect(queue.path, isolation_level=None)
    connection.execute("PRAGMA locking_mode = EXCLUSIVE")
    connection.execute("BEGIN EXCLUSIVE")
    return connection


HARMS = {"garbage": garbage, "foreign": foreign, "locked": lock}


@pytest.fixture(params=HARMS)
def harmed(request, store, monkeypatch) -> Iterator[tuple[RunStore, str]]:
    """A store with two finished runs, and an unfinished one whose id is given; its queue cannot be used."""
    monkeypatch.setattr(settings, "RunQueue", partial(RunQueue, timeout=0.0))
    monkeypatch.setattr(sources, "HASTE", 0.0)
    unfinished = store.create(LaunchRequest().configs()[0]).name
    connection = HARMS[request.param](RunQueue(store.root))
    yield store, unfinished
    if connection is not None:
        connection.close()


def said(app) -> list[str]:
    """Warnings and errors about the queue."""
    texts = [str(one.value).replace("\\", "") for kind in ("warning", "error") for one in app.get(kind)]
    return [text for text in texts if "queue.sqlite" in text]


def shown(app) -> str:
    """Text of a page, with the cells of its tables and the choices of its widgets."""
    kinds = ("title", "info", "caption", "markdown", "header")
    texts = [str(one.value) for kind in kinds for one in app.get(kind)]
    texts += [frame.value.to_string() for frame in app.dataframe] + [str(one.options) for one in app.multiselect]
    return " ".join(texts).replace("\\", "")


@pytest.mark.parametrize("page", PAGES)
def test_a_page_goes_on_and_says_it_once(open_page, harmed, started_workers, page):
    store, unfinished = harmed
    app = open_page(page, store.root)
    assert not app.exception
    assert len(said(app)) == 1, said(app)
    assert [words for words in NAMED.get(page, ()) if words not in shown(app)] == []
    if page == "launch":
        assert {f"watch-{run_id}" for run_id in store.run_ids()} <= {button.key for button in app.button}
    assert started_workers == [], "a worker would have to be stopped before the file is replaced"


BUTTONS = {
    "home": "Train Std and Min-Max",
    "robustness": "Attack these runs",
    "launch": "Resume",
}


@pytest.mark.parametrize("page", BUTTONS)
def test_a_button_refuses_and_nothing_is_lost(open_page, harmed, started_workers, page):
    store, _ = harmed
    app = open_page(page, store.root)
    before = {path: path.stat().st_mtime_ns for path in store.root.glob("*/*")}
    next(button for button in app.button if button.label == BUTTONS[page]).click().run()
    assert not app.exception
    assert any("queue.sqlite" in error.value.replace("\\", "") for error in app.error)
    assert {path: path.stat().st_mtime_ns for path in store.root.glob("*/*")} == before and started_workers == []
