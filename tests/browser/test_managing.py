"""The Runs page in a browser: a run is found by a field, named, shown on another page, deleted, and brought back."""

import re

import pytest

from engine.runs.experiment import train_runs
from engine.runs.store import RunStore
from tests.browser.serving import laboratory as serve_laboratory

pytestmark = pytest.mark.slow
ROW_HEIGHT, HEAD_HEIGHT = 35, 35  # pixels


@pytest.fixture(scope="module")
def runs(tmp_path_factory, tiny):
    """Address of a dashboard over two finished runs, its store, and the ids of seed 0 and 1."""
    folder = tmp_path_factory.mktemp("managing")
    store = RunStore(folder / "store")
    store.prepare()
    configs = [tiny(seed=seed) for seed in (0, 1)]
    for config in configs:
        store.create(config)
        list(train_runs(store, [config.run_id], folder / "data", "cpu"))
    with serve_laboratory(folder) as address:
        yield address, store, [config.run_id for config in configs]


def select_first_row(page) -> None:
    table = page.get_by_test_id("stDataFrame").first
    table.locator("canvas").first.wait_for()
    box = table.bounding_box()
    page.mouse.click(box["x"] + 15, box["y"] + HEAD_HEIGHT + ROW_HEIGHT / 2)


def settle(page) -> None:
    """Wait until the page's script has run to its end: what it draws again would close a popover."""
    page.locator("[data-test-script-state='notRunning']").wait_for()


def test_a_run_is_found_named_shown_deleted_and_brought_back(runs, page):
    address, store, (_, second) = runs
    page.goto(f"{address}/runs")
    field = page.get_by_role("textbox", name="Filter")
    field.fill("seed = 1 data = mnist-mini shipped = no")
    field.press("Enter")
    page.get_by_text(re.compile(r"^1 of \d+ runs$")).wait_for()
    select_first_row(page)
    page.get_by_role("heading", name="Std · seed 1").wait_for()
    page.get_by_role("textbox", name="Name").fill("The **chosen** one")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("heading", name="The **chosen** one").wait_for()
    assert store.labels(second).name == "The **chosen** one"
    settle(page)

    page.get_by_role("button", name="Delete").click()
    page.get_by_text("1 run moves to the trash").wait_for()
    page.get_by_test_id("stPopoverBody").get_by_role("button", name="Delete").click()
    page.get_by_text("Deleted: The **chosen** one.").wait_for()
    assert second not in store.run_ids()
    page.get_by_role("button", name="Undo").click()
    page.get_by_text("Deleted: The **chosen** one.").wait_for(state="detached")
    page.get_by_text(re.compile(r"^1 of \d+ runs$")).wait_for()
    assert second in store.run_ids()

    page.get_by_role("heading", name="The **chosen** one").wait_for()  # it is still selected
    settle(page)
    page.get_by_test_id("stMain").get_by_role("link", name="Weights").click()
    page.wait_for_url(re.compile(rf"/weights\?.*runs={second}"))
    page.get_by_test_id("stSidebar").get_by_text("The **chosen** one · 1 epoch").first.wait_for()
