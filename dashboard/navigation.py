"""Pages of the dashboard, links between them, and the views of a page."""

from collections.abc import Sequence
from typing import NamedTuple

import streamlit as st

from dashboard.ui import playback


class Page(NamedTuple):
    """A page: its folder in `dashboard/`, its title and icon in the menu, and its URL path if it is not the folder."""

    folder: str
    title: str
    icon: str
    address: str = ""

    @property
    def name(self) -> str:
        return self.address or self.folder

    @property
    def script(self) -> str:
        """Path of the page's script, relative to app.py."""
        return f"{self.folder}/page.py"


MENU = (
    Page("start", "Start", "home", address="home"),
    Page("launch", "Launch", "rocket_launch"),
    Page("runs", "Runs", "table_rows"),
    Page("sweeps", "Sweeps", "grid_on"),
    Page("weights", "Weights", "monitoring"),
    Page("robustness", "Robustness", "shield"),
    Page("examples", "Examples", "image_search"),
    Page("paper", "Paper", "article"),
    Page("theory", "Theory", "function"),
)
"""To add a page, add a folder with a `page.py` and one line here."""

HOME = "home"
PAGES = {page.name: page.script for page in MENU}
SHOWN_AT_ONCE = 8
"""Most runs that a page shows."""


def build_pages() -> list:
    """Pages in the order of the menu. They belong to the running script, so they cannot be constants."""
    return [
        st.Page(page.script, title=page.title, icon=_icon(page), url_path=page.name, default=page.name == HOME)
        for page in MENU
    ]


def draw_link(name: str, label: str, run_ids: Sequence[str] = (), icon: str | None = None) -> None:
    """Draw a link to a page that shows these runs; the default icon is that of the page."""
    page = next(page for page in MENU if page.name == name)
    query = {"runs": list(run_ids)} if run_ids else None
    st.page_link(page.script, label=label, icon=f":material/{icon}:" if icon else _icon(page), query_params=query)


def draw_first_step() -> None:
    """Draw the next step on a page that has nothing to show yet."""
    draw_link(HOME, "Train a first pair of runs", icon="play_arrow")


def open_weights(run_ids: list[str]) -> None:
    """Open the Weights page with these runs at their newest snapshot."""
    playback.follow()
    st.switch_page(PAGES["weights"], query_params={"runs": run_ids[:SHOWN_AT_ONCE]})


def pick_view(views: Sequence[str]) -> str:
    """Draw a choice of the page's views, which its URL keeps; the default is the first."""
    view = st.segmented_control(
        "View",
        views,
        default=views[0],
        required=True,
        key="show",
        label_visibility="collapsed",
        bind="query-params",
    )
    return view or views[0]


def _icon(page: Page) -> str:
    return f":material/{page.icon}:"
