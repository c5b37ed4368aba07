"""The menu and its addresses; and a page that is added by one folder and one line."""

import shutil
import subprocess
import sys
from pathlib import Path

from dashboard.navigation import MENU, PAGES
from dashboard.ui import playback

ROOT = Path(__file__).parents[2]
LINE = '    Page("theory", "Theory", "function"),\n'
SCRIPT = """
import streamlit as st
from dashboard import sources

st.title("Added")
st.caption(f"Runs: {len(sources.runs())}")
"""
VISIT = """
import sys
from streamlit.testing.v1 import AppTest
from dashboard.navigation import PAGES

app = AppTest.from_file("dashboard/app.py", default_timeout=60).run()
app.switch_page(PAGES["added"]).run()
assert not app.exception, app.exception
print(app.title[0].value, app.caption[0].value)
"""


def test_addresses_are_those_of_links_made_before():
    assert [page.name for page in MENU] == [
        "home", "launch", "sweeps", "weights", "robustness", "examples", "paper", "theory",
    ]  # fmt: skip
    assert PAGES["home"] == "start/page.py" and PAGES["theory"] == "theory/page.py"


def test_every_page_of_the_menu_is_a_folder_and_every_such_folder_is_in_the_menu():
    folders = {script.parent.name for script in (ROOT / "dashboard").glob("*/page.py")}
    assert sorted(page.folder for page in MENU) == sorted(folders)


def test_a_page_is_one_folder_and_one_line(tmp_path):
    for package in ("dashboard", "engine"):
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "dashboard" / "added").mkdir()
    (tmp_path / "dashboard" / "added" / "page.py").write_text(SCRIPT)
    menu = tmp_path / "dashboard" / "navigation.py"
    assert LINE in menu.read_text()
    menu.write_text(menu.read_text().replace(LINE, LINE + '    Page("added", "Added", "add"),\n'))
    command = [sys.executable, "-c", VISIT]
    environment = {"MINMAX_STORE": str(tmp_path / "store"), "MINMAX_READ_ONLY": "1", "PATH": "", "HOME": str(tmp_path)}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "Added Runs: 0"


def test_opening_weights_follows_what_trains(monkeypatch):
    """The page before may have held a moment; its key belongs to the playback alone."""
    monkeypatch.setattr(playback.st, "session_state", playback.st.session_state.__class__())
    playback.follow()
    assert playback.is_following() and not playback.is_playing()
