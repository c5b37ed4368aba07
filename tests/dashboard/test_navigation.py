"""The menu and its addresses, and the way to the weights."""

from pathlib import Path

from dashboard.navigation import MENU, PAGES
from dashboard.ui import playback

ROOT = Path(__file__).parents[2]


def test_addresses_are_those_of_links_made_before():
    assert [page.name for page in MENU] == [
        "home", "launch", "runs", "sweeps", "weights", "robustness", "examples", "paper", "theory",
    ]  # fmt: skip
    assert PAGES["home"] == "start/page.py" and PAGES["theory"] == "theory/page.py"


def test_every_page_of_the_menu_is_a_folder_and_every_such_folder_is_in_the_menu():
    folders = {script.parent.name for script in (ROOT / "dashboard").glob("*/page.py")}
    assert sorted(page.folder for page in MENU) == sorted(folders)


def test_opening_weights_follows_what_trains(monkeypatch):
    """The page before may have held a moment; its key belongs to the playback alone."""
    monkeypatch.setattr(playback.st, "session_state", playback.st.session_state.__class__())
    playback.follow()
    assert playback.is_following()
