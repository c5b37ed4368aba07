"""One selection of runs for all pages: nothing is lost on the way, and what a page cannot show can be made showable."""

import re
import time

import pytest

from dashboard.figures.palette import DARK, SINGLE
from engine.queue.run_queue import RunQueue
from engine.runs.experiment import train_runs
from engine.runs.store import RunStore
from tests.browser.serving import laboratory as serve_laboratory

pytestmark = pytest.mark.slow
HISTOGRAM = ".live-chart[aria-label^='Histogram of weights']"


@pytest.fixture(scope="module")
def runs(tmp_path_factory, tiny):
    """Address of a dashboard over two finished runs and one that was stopped, none of them attacked; their ids."""
    folder = tmp_path_factory.mktemp("selecting")
    store = RunStore(folder / "store")
    store.prepare()
    configs = [tiny({"epochs": epochs}, seed=seed) for seed, epochs in enumerate((1, 1, 2))]
    for config in configs:
        store.create(config)
    finished, stopped = [config.run_id for config in configs[:2]], configs[2].run_id
    for run_id in finished:
        list(train_runs(store, [run_id], folder / "data", "cpu"))
    asked = iter(range(10**9))
    list(train_runs(store, [stopped], folder / "data", "cpu", lambda: next(asked) >= 70))
    queue = RunQueue(store.root)
    queue.submit(stopped, "train", stopped, {})
    queue.request_stop(stopped)
    with serve_laboratory(folder) as address:
        yield address, finished, stopped


def selected(page) -> list[str]:
    return re.findall(r"runs=([^&]+)", page.url)


def open_from_menu(page, name: str) -> None:
    page.get_by_test_id("stTopNavLink").filter(has_text=name).click()


def test_the_selection_stays_and_the_stopped_run_is_named(runs, page):
    address, finished, stopped = runs
    chosen = [*finished, stopped]
    page.goto(f"{address}/weights?" + "&".join(f"runs={run_id}" for run_id in chosen))
    page.wait_for_selector(f"{HISTOGRAM} .main-svg")
    assert page.title() == "Weights · Min-Max laboratory"
    for name, heading in (("Robustness", "Robustness under attack"), ("Examples", "Adversarial examples")):
        open_from_menu(page, name)
        page.get_by_role("heading", name=heading).wait_for()
        page.get_by_text("was stopped at epoch").wait_for()
        page.get_by_role("button", name="Evaluate current checkpoint").wait_for()
        assert selected(page) == chosen and page.title() == f"{name} · Min-Max laboratory"
    page.get_by_text("The recorded pair, Std and Min-Max, stands in.").wait_for()
    open_from_menu(page, "Weights")
    page.wait_for_selector(f"{HISTOGRAM} .main-svg")
    assert selected(page) == chosen


def test_a_press_on_examples_attacks_and_images_come_as_each_attack_ends(runs, page):
    address, finished, _ = runs
    page.goto(f"{address}/examples?runs={finished[0]}")
    page.get_by_text("has not been attacked yet").wait_for()
    page.get_by_text("The recorded pair, Std and Min-Max, stands in.").wait_for()
    started = time.monotonic()
    page.get_by_role("button", name="Attack this run").click()
    page.get_by_text("stands in").wait_for(state="detached")
    page.locator(".lab-grid img, .lab-image").first.wait_for()
    print(f"first images after {time.monotonic() - started:.1f} s")
    page.get_by_text(re.compile(r"attack \d of 6")).first.wait_for(state="detached", timeout=120_000)
    assert selected(page) == [finished[0]]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_runs_of_a_variant_are_told_apart_by_color_and_dash(runs, browser, scheme):
    """The curves and the chips of two Std runs, on a page in the light and in the dark theme."""
    address, finished, _ = runs
    page = browser.new_context(color_scheme=scheme).new_page()
    page.goto(f"{address}/weights?" + "&".join(f"runs={run_id}" for run_id in finished))
    page.wait_for_selector(f"{HISTOGRAM} .main-svg")
    lines = "node => node._fullData.slice(0, 2).map((trace) => [trace.line.color, trace.line.dash])"
    assert [dash for _, dash in page.locator(HISTOGRAM).evaluate(lines)] == ["solid", "dash"]
    page.get_by_role("radio", name="Run", exact=True).click()
    colors = [DARK[color] if scheme == "dark" else color for color in SINGLE[:2]]
    drawn = f"document.querySelector({HISTOGRAM!r})._fullData.slice(0, 2).map((trace) => trace.line.color).join()"
    page.wait_for_function(f"{drawn} === '{','.join(colors)}'")
    assert "color=Run" in page.url
    chip = "(node) => getComputedStyle(node).borderLeftColor"
    for place, color in enumerate(colors):
        red, green, blue = (int(color[start : start + 2], 16) for start in (1, 3, 5))
        assert page.locator(f"[data-tag-index='{place}']").evaluate(chip) == f"rgb({red}, {green}, {blue})"
    page.context.close()
