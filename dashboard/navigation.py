"""The pages, by name."""

import streamlit as st

from engine.runs.overview import RunOverview

PAGES = {name: f"app_pages/{name}.py" for name in ("home", "launch", "live", "robustness", "examples")}
SHOWN_AT_ONCE = 8


def build_pages() -> list:
    """The pages in the order of the menu; for the script that is running, which is why they are no constants."""
    return [
        st.Page(PAGES["home"], title="Start", icon=":material/home:", default=True),
        st.Page(PAGES["launch"], title="Launch", icon=":material/rocket_launch:"),
        st.Page(PAGES["live"], title="Live", icon=":material/monitoring:"),
        st.Page(PAGES["robustness"], title="Robustness", icon=":material/shield:"),
        st.Page(PAGES["examples"], title="Examples", icon=":material/image_search:"),
    ]


def open_live(run_ids: list[str]) -> None:
    """Leave for the live page, showing these runs."""
    st.switch_page(PAGES["live"], query_params={"runs": run_ids[:SHOWN_AT_ONCE]})


def pick_runs(runs: list[RunOverview], what: str, most: int = SHOWN_AT_ONCE) -> list[RunOverview]:
    """A choice of runs that the page's address remembers, and the next page too; at first the newest two."""
    by_id = {run.run_id: run for run in runs}
    state = st.session_state
    if "picked" not in state:
        newest = [run.run_id for run in runs if run.config.dataset == runs[0].config.dataset][1::-1] if runs else []
        candidates = (st.query_params.get_all("runs"), state.get("last_picked", []), newest)
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
    state.last_picked = chosen
    if chosen != st.query_params.get_all("runs"):
        st.query_params["runs"] = chosen
    return [by_id[run_id] for run_id in chosen]


def _name(run: RunOverview, several_datasets: bool) -> str:
    name = f"{run.config.dataset_spec.title}: {run.config.label}" if several_datasets else run.config.label
    return f"{name} · {run.config.length}"
