"""Runs: all runs in one table; find, name, tag, archive, compare and delete them."""

from collections import Counter
from collections.abc import Sequence

import streamlit as st

from dashboard import sources
from dashboard.guide import draw_guide
from dashboard.jobs.queue_panel import attend, draw_problems, is_busy
from dashboard.jobs.trash_panel import draw_trash
from dashboard.navigation import draw_first_step
from dashboard.runs.actions import draw_actions, draw_undo
from dashboard.runs.details import draw_difference, draw_log
from dashboard.runs.facts import all_facts
from dashboard.runs.label_form import draw_label_form, draw_tag_form
from dashboard.runs.table import draw_filter, draw_runs
from dashboard.settings import Settings
from dashboard.ui.plain_text import plain
from engine.queue.machine import look_at_machine
from engine.queue.overview import RunOverview

BUSY, QUIET = 2.0, 10.0  # seconds between two looks at the machine while runs are in training, and otherwise


def draw_selected(here: Settings, chosen: Sequence[RunOverview], runs: Sequence[RunOverview]) -> None:
    """Draw what can be done with the selected runs."""
    if not chosen:
        st.caption("Select rows to show these runs on other pages, or to name, compare, archive, or delete them.")
        return
    st.subheader(plain(chosen[0].label) if len(chosen) == 1 else f"{len(chosen)} runs selected")
    draw_actions(here, chosen)
    if len(chosen) == 2:
        draw_difference(*chosen)
    if not here.read_only:
        if len(chosen) == 1:
            draw_label_form(here, chosen[0], runs)
        else:
            draw_tag_form(here, chosen, runs)
    if len(chosen) == 1:
        draw_log(here, chosen[0])


def watch_machine(here: Settings, before: Counter) -> None:
    """Draw what the machine is doing; the whole page reruns when the status of a run has changed."""
    runs = sources.runs()
    attend(here, runs)
    st.caption(f":material/memory: {plain(look_at_machine(here.store.root, sources.jobs()).words())}")
    if Counter(run.status for run in runs) != before:
        st.rerun()


st.title("Runs")
draw_guide("runs")
here = sources.settings()
runs, problems = sources.listing()
pause = BUSY if is_busy(runs) else QUIET
st.fragment(watch_machine, run_every=pause, key="machine")(here, Counter(run.status for run in runs))
draw_undo(here)
if here.read_only:
    st.caption(":material/lock: This laboratory is read-only: names, notes, and tags cannot be changed here.")
if not any(not run.is_shipped for run in runs):
    st.info("No runs have been trained here yet. The recorded runs of the project are listed.")
    draw_first_step()
facts = all_facts(runs)
found = draw_filter(facts)
chosen = draw_runs(found, len(facts)) if found else []
if facts and not found:
    st.info("No run meets these conditions.")
draw_selected(here, chosen, runs)
draw_problems(here, problems)
draw_trash(here)
