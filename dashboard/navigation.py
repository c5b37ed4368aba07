"""Pages of the dashboard, links between them, and the choice of runs that pages share."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import streamlit as st

from dashboard import measured
from dashboard.sources import closest_watched
from dashboard.ui import playback
from dashboard.ui.plain_text import plain
from engine.kept import kept
from engine.queue.overview import RunOverview
from engine.runs.model_config import ModelConfig


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


def pick_runs(runs: list[RunOverview], what: str, most: int = SHOWN_AT_ONCE) -> list[RunOverview]:
    """Draw a choice of runs, which the page's URL and the next page keep.

    The default is the newest two runs of this store, or the shipped Std and Min-Max.
    """
    by_id = {run.run_id: run for run in runs}
    state = st.session_state
    if "picked" not in state:
        candidates = (st.query_params.get_all("runs"), state.get("last_picked", []), _first_choice(runs))
        known = ([run_id for run_id in dict.fromkeys(candidate) if run_id in by_id] for candidate in candidates)
        state.picked = next(filter(None, known), [])[:most]
    else:
        state.picked = [run_id for run_id in dict.fromkeys(state.picked) if run_id in by_id]
    several = len({run.config.dataset for run in runs}) > 1
    chosen = st.multiselect(
        what,
        list(by_id),
        key="picked",
        format_func={run_id: _name(run.config, several, run.is_shipped) for run_id, run in by_id.items()}.__getitem__,
        max_selections=most,
        placeholder="Choose one or more runs",
    )
    if gone := [run_id for run_id in st.query_params.get_all("runs") if run_id not in by_id]:
        runs_in_link = "1 run" if len(gone) == 1 else f"{len(gone)} runs"
        st.caption(f"{runs_in_link} in this link cannot be shown here: deleted, or without results for this page.")
    for run_id in chosen:
        for problem in measured.problems(by_id[run_id]):
            st.warning(plain(problem), icon=":material/broken_image:")
    state.last_picked = chosen
    if chosen != st.query_params.get_all("runs"):
        st.query_params["runs"] = chosen
    return [by_id[run_id] for run_id in chosen]


def pick_also(run_id: str, keep: Callable[[str], bool]) -> None:
    """Add a run to those that `pick_runs` shows, and drop those that fail `keep`; call it before the page runs."""
    state = st.session_state
    others = [picked for picked in state.get("picked", []) if picked != run_id and keep(picked)]
    state.picked = [*others, run_id][-SHOWN_AT_ONCE:]


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


def _first_choice(runs: list[RunOverview]) -> list[str]:
    own = [run for run in runs if not run.is_shipped]
    if own:
        return [run.run_id for run in own if run.config.dataset == own[0].config.dataset][1::-1]
    story = closest_watched(runs)
    return [story[name].run_id for name in ("std", "min-max") if name in story] or [run.run_id for run in runs][:2]


@kept(16384)
def _name(config: ModelConfig, several_datasets: bool, is_shipped: bool) -> str:
    name = f"{config.dataset_spec.title}: {config.label}" if several_datasets else config.label
    return f"{name} · {config.length}" + (" · shipped" if is_shipped else "")
