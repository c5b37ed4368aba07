"""The pages, by name."""

import streamlit as st

from engine.runs.overview import RunOverview

PAGES = {
    "home": st.Page("app_pages/home.py", title="Start", icon=":material/home:", default=True),
    "launch": st.Page("app_pages/launch.py", title="Launch", icon=":material/rocket_launch:"),
    "live": st.Page("app_pages/live.py", title="Live", icon=":material/monitoring:"),
    "robustness": st.Page("app_pages/robustness.py", title="Robustness", icon=":material/shield:"),
    "examples": st.Page("app_pages/examples.py", title="Examples", icon=":material/image_search:"),
}
SHOWN_AT_ONCE = 8


def open_live(run_ids: list[str]) -> None:
    """Leave for the live page, showing these runs."""
    st.switch_page(PAGES["live"], query_params={"runs": run_ids[:SHOWN_AT_ONCE]})


def pick_runs(runs: list[RunOverview], what: str, most: int = SHOWN_AT_ONCE) -> list[RunOverview]:
    """A choice of runs that the address of the page remembers; at first the newest few of one data set."""
    by_id = {run.run_id: run for run in runs}
    asked = [run_id for run_id in st.query_params.get_all("runs") if run_id in by_id]
    newest = [run.run_id for run in runs if run.config.dataset == runs[0].config.dataset][1::-1] if runs else []
    several = len({run.config.dataset for run in runs}) > 1
    chosen = st.multiselect(
        what,
        list(by_id),
        default=(asked or newest)[:most],
        format_func=lambda run_id: _name(by_id[run_id], several),
        max_selections=most,
        placeholder="Choose one or more runs",
    )
    if chosen != st.query_params.get_all("runs"):
        st.query_params["runs"] = chosen
    return [by_id[run_id] for run_id in chosen]


def _name(run: RunOverview, several_datasets: bool) -> str:
    name = f"{run.config.dataset_spec.title}: {run.config.label}" if several_datasets else run.config.label
    return f"{name} · {run.config.training.epochs} epochs"
