"""Hostile addresses of every page, and pages of a read-only laboratory with forged clicks."""

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from dashboard import settings, sources
from dashboard.navigation import PAGES
from engine.queue import client
from tests.dashboard.trees import tree
from tests.torture.bench import Bench, Laboratory
from tests.torture.command_lines import HOSTILE
from tests.torture.fault import Attempt, fault
from tests.torture.stores import full_store

ROOT = Path(__file__).parents[2]
KEYS = sorted(
    {key for path in ROOT.glob("dashboard/**/*.py") for key in re.findall(r'key="([\w-]+)"', path.read_text())}
    | {"runs", "epoch", "page", "embed"}
)
"""Names that pages may read in an address: those of their widgets."""


@fault("hostile addresses of all pages", tries=200)
def hostile(bench: Bench) -> Iterator[Attempt]:
    laboratory = _copy(bench, "addressed")
    run_ids = laboratory.store.run_ids()
    with shown(laboratory, read_only=False):
        while True:
            page = bench.random.choice(list(PAGES))
            query = {_key(bench.random): _values(bench.random, run_ids) for _ in range(bench.random.randint(1, 5))}
            yield lambda page=page, query=query: _assert_opens(page, query)


def _key(random: Random) -> str:
    return random.choice(KEYS) if random.random() < 0.95 else random.choice(WORDS)


WORDS = tuple(word for word in HOSTILE if word == word.encode(errors="ignore").decode())
"""What an address can hold; half a character is none."""


def _values(random: Random, run_ids: list[str]) -> list[str]:
    """Some values: hostile words, ids of runs, choices, numbers, and one that is long."""
    pools = [WORDS, run_ids, ("conv1", "conv2", "All", "True", "1", "1e9", "-5", "[1,2]", "0,1,2"), ("x" * 5_000,)]
    return [random.choice(random.choice(pools)) for _ in range(random.choice((1, 1, 1, 2, 9)))]


def _assert_opens(page: str, query: dict[str, Any]) -> AppTest:
    app = AppTest.from_file(ROOT / "dashboard" / "app.py", default_timeout=60)
    app.query_params.update(query)
    app.run()
    if page != "home":
        app = app.switch_page(PAGES[page]).run()
    failed = [f"{one.message} {one.stack_trace}" for one in app.exception]
    assert not failed, f"{page} {query}: {failed}"
    return app


@fault("pages and forged clicks of a read-only laboratory", tries=24)
def read_only(bench: Bench) -> Iterator[Attempt]:
    laboratory = _copy(bench, "watched")
    buttons = sorted(_buttons(bench))
    before = tree(laboratory.root)

    def attempt(page: str) -> None:
        app = _assert_opens(page, {"runs": laboratory.store.run_ids()[:2]})
        for key in bench.random.sample(buttons, k=min(4, len(buttons))):
            app.session_state[key] = True
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(client, "start_worker", _forbidden)
            app.run()
        assert tree(laboratory.root) == before, f"{page} changed the store"

    with shown(laboratory, read_only=True):
        for page in list(PAGES) * 99:
            yield lambda page=page: attempt(page)


def _buttons(bench: Bench) -> set[str]:
    """Keys of all buttons of a laboratory that may be changed."""
    laboratory, found = _copy(bench, "writable"), set()
    with shown(laboratory, read_only=False):
        for page in PAGES:
            found |= {button.key for button in _assert_opens(page, {}).button if button.key}
    return found


def _forbidden(*_: object) -> bool:
    raise AssertionError("a worker was started")


def _copy(bench: Bench, name: str) -> Laboratory:
    root = bench.folder / name
    shutil.rmtree(root, ignore_errors=True)
    shutil.copytree(full_store(bench).root, root)
    return Laboratory(root, bench.data)


@contextmanager
def shown(laboratory: Laboratory, read_only: bool) -> Iterator[None]:
    """Context in which pages show a laboratory; no worker starts."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(settings, "SHIPPED", laboratory.root / "none-shipped")
        patch.setattr(client, "start_worker", lambda worker: True)
        patch.setenv("MINMAX_STORE", str(laboratory.root))
        patch.setenv("MINMAX_DATA", str(laboratory.data))
        patch.setenv("MINMAX_READ_ONLY", "1" if read_only else "")
        sources.settings.cache_clear()
        yield
    sources.settings.cache_clear()
