"""Finds a browser for tests: Chromium, Chrome or Playwright's own; `python -m tests.browser.finder` prints its path."""

import os
import shutil
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

VARIABLE = "MINMAX_BROWSER"
"""Environment variable with the path of a browser, which is then used instead of any other."""

COMMANDS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
APPLICATIONS = (
    Path("/Applications/Chromium.app/Contents/MacOS/Chromium"),
    Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"),
)
ADVICE = f"install Chromium or Chrome, run `playwright install chromium`, or set {VARIABLE}"


def find_browser(
    environment: Mapping[str, str] = os.environ, applications: Iterable[Path] = APPLICATIONS
) -> tuple[Path | None, str]:
    """Path of a browser; None with the reason if there is none."""
    if named := environment.get(VARIABLE):
        found = shutil.which(named, path=environment.get("PATH"))
        return (Path(found), "") if found else (None, f"{VARIABLE} is {named}, which cannot be run")
    on_path = (shutil.which(command, path=environment.get("PATH", "")) for command in COMMANDS)
    candidates = [*map(Path, filter(None, on_path)), *applications]
    found = next(filter(_is_program, candidates), None) or _playwrights_own()
    return (found, "") if found else (None, f"no browser was found: {ADVICE}")


def _playwrights_own() -> Path | None:
    """The browser that `playwright install` installs; None if it is not there."""
    try:
        from playwright.sync_api import sync_playwright  # not installed with the laboratory itself
    except ImportError:
        return None
    with sync_playwright() as playwright:
        path = Path(playwright.chromium.executable_path)
    return path if _is_program(path) else None


def _is_program(path: Path) -> bool:
    return path.is_file() and os.access(path, os.X_OK)


if __name__ == "__main__":
    browser, reason = find_browser()
    print(browser or reason)
    sys.exit(browser is None)
