"""A store full of hostile text in a real browser: every page shows it as text, and fetches nothing from elsewhere."""

import shutil
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from dashboard.navigation import MENU
from dashboard.sources import closest_watched
from engine.queue.overview import list_runs
from engine.queue.run_queue import RunQueue
from engine.runs.store import SHIPPED, RunStore
from tests.browser.serving import laboratory as serve_laboratory
from tests.dashboard.hostile_runs import MARK, make_hostile

pytestmark = pytest.mark.slow
WATCHED = closest_watched(list_runs(RunStore(SHIPPED), RunQueue(SHIPPED))[0])
STD, MINMAX = WATCHED["std"].run_id, WATCHED["min-max"].run_id

MADE_OF_TEXT = """
() => [...document.querySelectorAll("a[href], img[src], iframe, script[src], link[href], .katex, h1, h2, h3, em")]
    .map((node) => {
        const copy = node.cloneNode(true)
        for (const words of ["alt", "title", "aria-label"]) copy.removeAttribute(words)
        if (copy.src?.startsWith("data:image/png;base64,")) copy.removeAttribute("src")
        return copy.outerHTML.slice(0, 300)
    })
"""
"""Everything that could have been made of text, without pictures and without attributes that are shown as text."""


@pytest.fixture(scope="module")
def elsewhere():
    """Address of a server, and the paths that were asked of it."""
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_error(404)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"127.0.0.1:{server.server_port}", asked
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def laboratory(tmp_path_factory, elsewhere):
    """Address of a dashboard over hostile runs, and their ids."""
    folder = tmp_path_factory.mktemp("hostile")
    store = RunStore(folder / "store")
    for run_id in (STD, MINMAX):
        shutil.copytree(SHIPPED / run_id, store.root / run_id)
    with serve_laboratory(folder) as address:
        yield address, make_hostile(store, elsewhere[0])


def settle(page):
    """Wait until a page has drawn everything."""
    page.wait_for_function(
        "document.querySelector('[data-testid=stApp]')?.dataset.testScriptState === 'notRunning'"
        " && document.querySelector('h1') && document.querySelectorAll('[data-stale=true]').length === 0"
    )
    page.evaluate("() => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve, 500)))")


def assert_plain(page, address):
    suspicious = [html for html in page.evaluate(MADE_OF_TEXT) if MARK in html or address in html]
    assert suspicious == []
    assert page.locator("[role=alert] >> text=Exception").count() == 0


VIEWS = ["Under attack", "Against ε", "Smallest perturbations", "Transfer"]
ADDRESSES = [page.name for page in MENU] + [f"robustness?show={view}" for view in VIEWS[1:]]


@pytest.mark.parametrize("name", ADDRESSES)
def test_a_page_shows_hostile_text_as_text(laboratory, elsewhere, page, name):
    root, runs = laboratory
    chosen = "&".join(f"runs={runs[key]}" for key in ("name", "other name", "std", "minmax", "failed"))
    page.goto(f"{root}/{name}{'&' if '?' in name else '?'}{chosen}")
    settle(page)
    if name == "weights":
        page.wait_for_selector(".live-chart .main-svg")
        assert page.locator(".live-chart .main-svg text", has_text=MARK).count()
    assert_plain(page, elsewhere[0])
    assert elsewhere[1] == []


@pytest.mark.parametrize("name", ["weights", "robustness"])
def test_a_saved_page_shows_hostile_text_as_text(laboratory, elsewhere, page, tmp_path, name):
    root, runs = laboratory
    page.goto(f"{root}/{name}?runs={runs['name']}&runs={runs['other name']}")
    settle(page)
    with page.expect_download() as download:
        page.get_by_role("button", name="Download page as HTML").click()
    download.value.save_as(tmp_path / "page.html")
    page.goto(f"file://{tmp_path}/page.html")
    page.wait_for_selector(".main-svg")
    assert MARK in page.inner_text("body")
    assert_plain(page, elsewhere[0])
    assert elsewhere[1] == []
