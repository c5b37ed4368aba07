"""Deleted runs, and buttons that restore them."""

import time

import streamlit as st

from dashboard.settings import Settings
from dashboard.ui.errors import errors_drawn
from dashboard.ui.plain_text import plain
from engine.errors import InputError
from engine.formatting import duration
from engine.queue.deletion import restore_run
from engine.runs.folder_options import folder_options
from engine.runs.store import RunStore
from engine.runs.trash import DAYS_KEPT, DeletedRun

SHOWN = 25


def draw_trash(here: Settings) -> None:
    """Draw a row per deleted run, the last deleted first; nothing if there are none or the laboratory is read-only."""
    deleted = [] if here.read_only else here.store.trash.entries()
    if not deleted:
        return
    with st.expander(f"Deleted runs ({len(deleted)})", key="trash", icon=":material/delete:"):
        command = plain(f"python -m engine clean{folder_options(here.store.root)}")
        st.caption(f"A deleted run can be restored for {DAYS_KEPT} days. {command} removes all of them at once.")
        for entry in deleted[:SHOWN]:
            _draw_row(here, entry)
        if len(deleted) > SHOWN:
            st.caption(f"Not shown: {len(deleted) - SHOWN} more. The command line lists all of them.")


def _name(entry: DeletedRun) -> str:
    """Label and data set of a deleted run; its id if its config cannot be read."""
    trash = RunStore(entry.path.parent)
    try:
        config, labels = trash.config(entry.path.name), trash.labels(entry.path.name)
    except InputError:
        return entry.run_id
    return f"{labels.name or config.label} ({config.dataset_spec.title})"


def _draw_row(here: Settings, entry: DeletedRun) -> None:
    name, action = st.columns([6, 1], vertical_alignment="center")
    ago = duration(max(0.0, time.time() - entry.deleted_at))
    name.markdown(f"{plain(_name(entry))}, deleted {ago} ago")
    if action.button("Restore", key=f"restore-{entry.path.name}", icon=":material/undo:"):
        with errors_drawn():
            restore_run(here.store, here.queue, entry)
            st.rerun()
