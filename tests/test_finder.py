"""The browser that tests drive is found wherever it is installed."""

import subprocess
from pathlib import Path

import pytest

from tests.browser import finder
from tests.browser.finder import VARIABLE, find_browser


def program(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


@pytest.fixture(autouse=True)
def no_other_browser(monkeypatch):
    monkeypatch.setattr(finder, "_playwrights_own", lambda: None)


@pytest.mark.parametrize("name", finder.COMMANDS)
def test_any_command_on_the_path(tmp_path, name):
    browser = program(tmp_path / "bin" / name)
    assert find_browser({"PATH": str(browser.parent)}, []) == (browser, "")


def test_an_application_of_macos(tmp_path):
    application = program(tmp_path / "Google Chrome.app" / "Contents" / "MacOS" / "Google Chrome")
    assert find_browser({"PATH": ""}, [tmp_path / "absent", application]) == (application, "")


def test_playwrights_own_comes_last(tmp_path, monkeypatch):
    own = program(tmp_path / "own")
    monkeypatch.setattr(finder, "_playwrights_own", lambda: own)
    assert find_browser({"PATH": ""}, []) == (own, "")


def test_the_variable_decides(tmp_path):
    named, other = program(tmp_path / "named"), program(tmp_path / "bin" / "chromium")
    assert find_browser({VARIABLE: str(named), "PATH": str(other.parent)}, [])[0] == named
    found, reason = find_browser({VARIABLE: str(tmp_path / "absent"), "PATH": str(other.parent)}, [])
    assert found is None and "absent" in reason and VARIABLE in reason


def test_without_a_browser_the_reason_says_what_to_do():
    found, reason = find_browser({"PATH": ""}, [])
    assert found is None and "playwright install chromium" in reason and VARIABLE in reason


def test_the_ci_script_is_valid_shell():
    subprocess.run(["bash", "-n", Path(__file__).parents[1] / ".ci" / "run"], check=True)
