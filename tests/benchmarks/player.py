"""`python -m tests.benchmarks.player`: pictures per second of the Weights page's player, in Chromium.

Recorded runs of several variants, first convolution, at 4x and in a loop; the chart at the top of the page is counted.
"""

import os
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from dashboard.sources import closest_watched, shipped_runs
from dashboard.ui.layer_pictures import VIEWS
from tests.browser.finder import find_browser
from tests.browser.serving import free_port, serve

RUNS, SECONDS = 4, 5
COUNT = """() => {
  window.drawn = 0;
  document.querySelector(".live-chart").on("plotly_afterplot", () => (window.drawn += 1));
}"""


def rate(page: Page, address: str, view: str) -> float:
    """Pictures per second of this view."""
    names = "&".join(f"runs={run.run_id}" for run in list(closest_watched(shipped_runs()).values())[:RUNS])
    page.goto(f"{address}/weights?{names}&view={view}")
    page.wait_for_selector(".live-chart .main-svg")
    page.get_by_role("combobox", name="Speed").select_option("4")
    page.get_by_role("button", name="Loop").click()
    page.wait_for_timeout(2_000)
    page.evaluate(COUNT)
    page.get_by_role("button", name="Play", exact=True).click()
    page.wait_for_timeout(1_000 * SECONDS)
    return page.evaluate("window.drawn") / SECONDS


def main() -> None:
    port = free_port()
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        folder = Path(name)
        command = [sys.executable, "-m", "dashboard", "--port", str(port), "--store", str(folder), "--data", name]
        with serve(command, port, folder / "log", dict(os.environ)):
            browser = playwright.chromium.launch(executable_path=find_browser()[0], args=["--no-sandbox"])
            page = browser.new_page(viewport={"width": 1400, "height": 900})
            for view in VIEWS:
                print(f"{view}: {rate(page, f'http://127.0.0.1:{port}', view):.1f} pictures a second", flush=True)
            browser.close()


if __name__ == "__main__":
    main()
