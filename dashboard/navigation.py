"""The pages, by name."""

from collections.abc import Sequence

import streamlit as st

from dashboard.start.recorded import closest_watched
from engine.queue.overview import RunOverview

PAGES = {"home": "start/page.py"} | {
    name: f"{name}/page.py" for name in ("launch", "sweeps", "weights", "robustness", "examples", "paper", "theory")
}
"""Name of a page, which is its address -> its script, relative to app.py."""
SHOWN_AT_ONCE = 8


def build_pages() -> list:
    """The pages in the order of the menu; for the script that is running, which is why they are no constants."""
    return [
        st.Page(PAGES["home"], title="Start", icon=":material/home:", url_path="home", default=True),
        st.Page(PAGES["launch"], title="Launch", icon=":material/rocket_launch:", url_path="launch"),
        st.Page(PAGES["sweeps"], title="Sweeps", icon=":material/grid_on:", url_path="sweeps"),
        st.Page(PAGES["weights"], title="Weights", icon=":material/monitoring:", url_path="weights"),
        st.Page(PAGES["robustness"], title="Robustness", icon=":material/shield:", url_path="robustness"),
        st.Page(PAGES["examples"], title="Examples", icon=":material/image_search:", url_path="examples"),
        st.Page(PAGES["paper"], title="Paper", icon=":material/article:", url_path="paper"),
        st.Page(PAGES["theory"], title="Theory", icon=":material/function:", url_path="theory"),
    ]


def open_weights(run_ids: list[str]) -> None:
    """Leave for the weights of these runs, as they are now."""
    st.session_state.mode = "follow"
    st.switch_page(PAGES["weights"], query_params={"runs": run_ids[:SHOWN_AT_ONCE]})


def pick_runs(runs: list[RunOverview], what: str, most: int = SHOWN_AT_ONCE) -> list[RunOverview]:
    """A choice of runs that the page's address remembers, and the next page too.

    At first the newest two of one's own, or Std and Min-Max of those that came with the project.
    """
    by_id = {run.run_id: run for run in runs}
    state = st.session_state
    if "picked" not in state:
        candidates = (st.query_params.get_all("runs"), state.get("last_picked", []), _first_choice(runs))
        known = ([run_id for run_id in candidate if run_id in by_id] for candidate in candidates)
        state.picked = next(filter(None, known), [])[:most]
    else:
        state.picked = [run_id for run_id in state.picked if run_id in by_id]
    several = len({run.config.dataset for run in runs}) > 1
    chosen = st.multiselect(
        what,
        list(by_id),
        key="picked",
        format_func=lambda run_id: _name(by_id[run_id], several),
        max_selections=most,
        placeholder="Choose one or more runs",
    )
    if gone := [run_id for run_id in st.query_params.get_all("runs") if run_id not in by_id]:
        st.caption(f"The address names {len(gone)} more that {'is' if len(gone) == 1 else 'are'} not to be shown here.")
    state.last_picked = chosen
    if chosen != st.query_params.get_all("runs"):
        st.query_params["runs"] = chosen
    return [by_id[run_id] for run_id in chosen]


def pick_view(views: Sequence[str]) -> str:
    """One of a page's views, which its address remembers; the first where it names none."""
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


def _first_choice(runs: list[RunOverview]) -> list[str]:
    own = [run for run in runs if not run.is_shipped]
    if own:
        return [run.run_id for run in own if run.config.dataset == own[0].config.dataset][1::-1]
    story = closest_watched(runs)
    return [story[name].run_id for name in ("std", "min-max") if name in story] or [run.run_id for run in runs][:2]


def _name(run: RunOverview, several_datasets: bool) -> str:
    name = f"{run.config.dataset_spec.title}: {run.config.label}" if several_datasets else run.config.label
    return f"{name} · {run.config.length}" + (" · shipped" if run.is_shipped else "")
