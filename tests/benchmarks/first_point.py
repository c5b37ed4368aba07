"""`python -m tests.benchmarks.first_point`: seconds from the click on Launch to the first new point, in Chromium."""

import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from tests.browser.finder import find_browser
from tests.browser.serving import free_port, serve

LAUNCHES = 3
HISTORIES = ".live-chart[aria-label^='Fuzziness']"
POINTS = f'count => document.querySelector("{HISTORIES}")?._fullData?.[0].y.length >= count'


def launch(page: Page, address: str, seed: int) -> float:
    page.goto(f"{address}/launch")
    page.get_by_role("heading", name="Launch runs").wait_for()
    field = page.get_by_label("First seed", exact=True)
    field.fill(str(seed))
    field.press("Enter")
    page.get_by_text(f"--seed {seed}").wait_for()
    page.wait_for_timeout(1_000)
    started = time.perf_counter()
    page.get_by_role("button", name="Launch and watch").click()
    page.wait_for_function(POINTS, arg=2, timeout=60_000)  # one at epoch 0, one new
    return time.perf_counter() - started


def main() -> None:
    port = free_port()
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        folder = Path(name)
        command = [sys.executable, "-m", "dashboard", "--port", str(port), "--store", str(folder), "--data", name]
        with serve(command, port, folder / "log", dict(os.environ)):
            time.sleep(10)  # the worker imports torch and measures its speed
            browser = playwright.chromium.launch(executable_path=find_browser()[0], args=["--no-sandbox"])
            page = browser.new_page(viewport={"width": 1280, "height": 1600})
            taken = []
            for seed in range(LAUNCHES):
                taken.append(launch(page, f"http://127.0.0.1:{port}", seed))
                print(f"first new point after {taken[-1]:.1f} s", flush=True)
                page.get_by_text("finished", exact=True).nth(1).wait_for(timeout=180_000)
            print(f"median {statistics.median(taken):.1f} s from click to first new point")
            browser.close()


if __name__ == "__main__":
    main()
