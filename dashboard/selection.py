"""Selection: the runs that all pages show, and those of them that one page can show."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import streamlit as st

from dashboard import measured, sources
from dashboard.figures.coloring import COLOR_BY, Styles, run_styles
from dashboard.memory import remembered_by_identity
from dashboard.navigation import SHOWN_AT_ONCE
from dashboard.ui.chips import color_chips
from dashboard.ui.plain_text import plain
from engine.queue.overview import RunOverview

SELECTED, PICKED = "selected", "picked"
"""Session state: ids of the selected runs, for all pages; the widget's, which lasts as long as its page."""

Hindrance = Callable[[RunOverview], str | None]
"""Why a page cannot show a run, as the end of the sentence "This run ..."; None if it can."""


@dataclass(frozen=True)
class Selection:
    """The selected runs, as one page sees them.

    shown: runs that the page shows; the recorded pair if it can show none of the selected ones.
    hindered: selected runs that the page cannot show, each with the reason; `draw_hindered` draws them.
    stands_in: whether `shown` is the recorded pair in place of the selected runs.
    styles: run_id -> color and dash of its curves, for selected and shown runs; the same on all pages.
    """

    shown: list[RunOverview]
    hindered: list[tuple[RunOverview, str]]
    stands_in: bool = False
    styles: Styles = field(default_factory=dict)

    def hindered_runs(self) -> list[RunOverview]:
        return [run for run, _ in self.hindered]


def pick_runs(runs: Sequence[RunOverview], hindrance: Hindrance = lambda run: None, alike: bool = False) -> Selection:
    """Draw the choice of runs and of what their colors mean, beside the page; all pages share it, the URL keeps it.

    All runs can be selected on every page. At first they are those of the URL, else those selected before, else the
    newest two runs of this store that the page can show, or the recorded pair. Pinned runs come first;
    archived ones are left out unless they are selected.

    Args:
        runs: all runs, newest first.
        hindrance: the page's reason for not showing a run.
        alike: whether the page shows runs of one data set only: that of the first selected run that it can show.
    """
    by_id, state = {run.run_id: run for run in runs}, st.session_state
    if PICKED not in state:
        wanted = _known(st.query_params.get_all("runs"), by_id) or _known(state.get(SELECTED, []), by_id)
        state[PICKED] = (
            wanted or _first_choice([run for run in runs if not run.labels.archived and hindrance(run) is None])
        )[:SHOWN_AT_ONCE]
    else:
        state[PICKED] = _known(state[PICKED], by_id)
    with st.sidebar:
        selected = _pick(by_id)
        by = _pick_coloring()
    state[SELECTED] = selected
    if selected != st.query_params.get_all("runs"):
        st.query_params["runs"] = selected
    chosen = [by_id[run_id] for run_id in selected]
    found = _draw(_seen(chosen, hindrance, alike), runs, hindrance)
    styles = run_styles(found.shown if found.stands_in else chosen, by)
    color_chips(PICKED, [styles[run_id].color for run_id in selected if run_id in styles])
    return replace(found, styles=styles)


def _pick(by_id: Mapping[str, RunOverview]) -> list[str]:
    """Ids of the runs in the widget, at most `SHOWN_AT_ONCE`."""
    several = len({run.config.dataset for run in by_id.values()}) > 1
    selected = st.multiselect(
        "Runs",
        _listed(by_id, st.session_state[PICKED]),
        key=PICKED,
        format_func=_names(list(by_id.values()), several).__getitem__,
        max_selections=SHOWN_AT_ONCE,
        placeholder="Choose one or more runs",
    )
    _note_unknown(by_id)
    return selected


def _listed(by_id: Mapping[str, RunOverview], picked: Sequence[str]) -> list[str]:
    """Ids to choose from: pinned runs first, archived ones only if they are picked."""
    listed = [run_id for run_id, run in by_id.items() if not run.labels.archived or run_id in picked]
    return sorted(listed, key=lambda run_id: not by_id[run_id].labels.pinned)


def _pick_coloring() -> str:
    """What the colors of runs mean, one of COLOR_BY."""
    by = st.segmented_control(
        "Color by",
        COLOR_BY,
        default=COLOR_BY[0],
        required=True,
        key="color",
        bind="query-params",
        help="Runs that share a color differ in the dashes of their lines",
    )
    return by or COLOR_BY[0]  # the URL can hold an empty choice


def add_to_selection(run_id: str) -> None:
    """Select a run too; of more than `SHOWN_AT_ONCE`, the first is dropped. Call it before the page runs."""
    state = st.session_state
    others = [name for name in state.get(PICKED, state.get(SELECTED, [])) if name != run_id]
    state[PICKED] = state[SELECTED] = [*others, run_id][-SHOWN_AT_ONCE:]


def recorded_pair(runs: Sequence[RunOverview], hindrance: Hindrance) -> list[RunOverview]:
    """The recorded Std and Min-Max runs of the story, as far as the page can show them."""
    story = sources.closest_watched(run for run in runs if run.is_shipped)
    return [story[name] for name in ("std", "min-max") if name in story and hindrance(story[name]) is None]


def _known(run_ids: Iterable[str], by_id: Mapping[str, RunOverview]) -> list[str]:
    """The ids of existing runs, each once."""
    return [run_id for run_id in dict.fromkeys(run_ids) if run_id in by_id]


def _seen(selected: Sequence[RunOverview], hindrance: Hindrance, alike: bool) -> Selection:
    """The selection without a stand-in."""
    reasons = {run.run_id: hindrance(run) for run in selected}
    able = [run for run in selected if reasons[run.run_id] is None]
    if alike and able:
        spec = able[0].config.dataset_spec
        for run in able:
            if run.config.dataset != spec.name:
                title = run.config.dataset_spec.title
                reasons[run.run_id] = f"is of {title}; the others are of {spec.title}, and their numbers do not compare"
    shown = [run for run in able if reasons[run.run_id] is None]
    return Selection(shown, [(run, reason) for run in selected if (reason := reasons[run.run_id]) is not None])


def _draw(selection: Selection, runs: Sequence[RunOverview], hindrance: Hindrance) -> Selection:
    """Draw what is wrong with files of the selected runs; let the recorded pair stand in if no run can be shown."""
    for run in (*selection.shown, *selection.hindered_runs()):
        for problem in measured.problems(run):
            st.warning(plain(problem), icon=":material/broken_image:")
    if selection.shown or not (pair := recorded_pair(runs, hindrance)):
        return selection
    why = "No selected run can be shown here" if selection.hindered else "No run is selected"
    st.info(f"{why}. The recorded pair, Std and Min-Max, stands in.", icon=":material/inventory_2:")
    return Selection(pair, selection.hindered, stands_in=True)


def _note_unknown(known: Mapping[str, RunOverview]) -> None:
    if gone := [run_id for run_id in st.query_params.get_all("runs") if run_id not in known]:
        words = "1 run in this link is" if len(gone) == 1 else f"{len(gone)} runs in this link are"
        st.caption(f"{words} not in this store.")


def _first_choice(runs: Sequence[RunOverview]) -> list[str]:
    own = [run for run in runs if not run.is_shipped]
    if own:
        return [run.run_id for run in own if run.config.dataset == own[0].config.dataset][1::-1]
    pair = recorded_pair(runs, lambda run: None)
    return [run.run_id for run in pair or runs[:2]]


@remembered_by_identity
def _names(runs: Sequence[RunOverview], several_datasets: bool) -> dict[str, str]:
    """run_id -> name of the run in the choice."""
    return {run.run_id: _name(run, several_datasets) for run in runs}


def _name(run: RunOverview, several_datasets: bool) -> str:
    label = run.labels.name or run.config.label
    name = f"{run.config.dataset_spec.title}: {label}" if several_datasets else label
    return f"{name} · {run.config.length}" + (" · shipped" if run.is_shipped else "")
