"""What can be done with selected runs: show, pin, archive and delete them; and the bar that undoes a deletion."""

from collections.abc import Sequence

import streamlit as st

from dashboard import sources
from dashboard.navigation import SHOWN_AT_ONCE, draw_link
from dashboard.settings import Settings
from dashboard.ui.errors import errors_drawn
from dashboard.ui.plain_text import plain
from engine.queue.deletion import delete_runs, restore_run
from engine.queue.job import ACTIVE
from engine.queue.overview import RunOverview
from engine.runs.labels import LabelChange
from engine.runs.trash import DAYS_KEPT, DeletedRun

DELETED = "deleted-runs"
"""Session state: the runs that were deleted last, and their names."""

MOST_NAMED = 8


def change_labels(here: Settings, runs: Sequence[RunOverview], change: LabelChange) -> None:
    """Change the labels of all these runs, and draw the page anew; an error is drawn instead."""
    with errors_drawn():
        for run in runs:
            here.store.change_labels(run.run_id, change)
        sources.renew()
        st.rerun()


def draw_actions(here: Settings, runs: Sequence[RunOverview]) -> None:
    """Draw links to the pages that show these runs, and buttons that change them."""
    run_ids = [run.run_id for run in runs][:SHOWN_AT_ONCE]
    with st.container(horizontal=True, vertical_alignment="center"):
        draw_link("weights", "Weights", run_ids)
        draw_link("robustness", "Robustness", run_ids)
        draw_link("examples", "Examples", run_ids)
        if not here.read_only:
            _draw_buttons(here, runs)
    if len(runs) > SHOWN_AT_ONCE:
        st.caption(f"Pages show the first {SHOWN_AT_ONCE} of these runs.")


def _draw_buttons(here: Settings, runs: Sequence[RunOverview]) -> None:
    pinned = all(run.labels.pinned for run in runs)
    if st.button("Unpin" if pinned else "Pin", icon=":material/keep:", help="Pinned runs come first"):
        change_labels(here, runs, LabelChange(pinned=not pinned))
    archived = all(run.labels.archived for run in runs)
    word = "Unarchive" if archived else "Archive"
    if st.button(word, icon=":material/archive:", help="Archived runs are left out of lists"):
        change_labels(here, runs, LabelChange(archived=not archived))
    _draw_delete(here, runs)


def _draw_delete(here: Settings, runs: Sequence[RunOverview]) -> None:
    doomed = [run for run in runs if not here.store.is_shipped(run.run_id)]
    busy = [run for run in doomed if run.status in ACTIVE]
    if not doomed:
        return
    with st.popover("Delete", icon=":material/delete:"):
        if busy:
            st.write(f"Stop these runs first: {plain(_names([run.label for run in busy]))}.")
            return
        what = "1 run moves" if len(doomed) == 1 else f"{len(doomed)} runs move"
        st.write(
            f"{what} to the trash, with weights, records, and measurements: "
            f"{plain(_names([run.label for run in doomed]))}. You can restore them for {DAYS_KEPT} days."
        )
        if len(doomed) < len(runs):
            st.write("Recorded runs cannot be deleted; they stay.")
        if st.button("Delete", key="delete-chosen", type="primary"):
            with errors_drawn():
                entries = delete_runs(here.store, here.queue, [run.run_id for run in doomed])
                st.session_state[DELETED] = entries, [run.label for run in doomed]
                st.rerun()


def draw_undo(here: Settings) -> None:
    """Draw what was deleted last in this session, with a button that restores it; nothing without such runs."""
    found: tuple[list[DeletedRun], list[str]] | None = st.session_state.get(DELETED)
    if found is None or here.read_only:
        return
    entries, names = found
    with st.container(horizontal=True, vertical_alignment="center", border=True, key="undo-bar"):
        st.markdown(f"Deleted: {plain(_names(names))}.")
        if st.button("Undo", icon=":material/undo:", type="primary"):
            with errors_drawn():
                for entry in entries:
                    restore_run(here.store, here.queue, entry)
                del st.session_state[DELETED]
                st.rerun()
        if st.button("Dismiss", type="tertiary"):
            del st.session_state[DELETED]
            st.rerun()


def _names(names: Sequence[str]) -> str:
    more = f", and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return ", ".join(names[:MOST_NAMED]) + more
