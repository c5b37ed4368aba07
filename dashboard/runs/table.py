"""The table of runs: its filter, its columns, and the rows that are selected."""

from collections.abc import Sequence
from hashlib import blake2b

import streamlit as st

from dashboard.runs.facts import CLEAN, CREATED, FUZZINESS, WORST, RunFacts, run_frame, run_table, worst_digits
from dashboard.ui.errors import draw_error
from dashboard.ui.plain_text import plain
from dashboard.ui.tables import csv_text
from engine.errors import InputError
from engine.queue.overview import RunOverview
from engine.queue.run_filter import FIELDS, fields_of, matches, parse_filter

CHOSEN = "chosen-runs"
"""Session state: ids of the runs that are selected in the table."""

ROW_HEIGHT, MOST_HEIGHT = 35, 388  # pixels


def draw_filter(facts: Sequence[RunFacts]) -> list[RunFacts]:
    """Draw the filter, and return the facts of the runs that it finds, pinned ones first.

    Archived runs are found only if the filter or the switch asks for them.
    """
    archived = sum(fact.run.labels.archived for fact in facts)
    field, switch = st.columns([5, 1], vertical_alignment="bottom") if archived else (st.container(), st)
    expression = field.text_input(
        "Filter",
        key="where",
        bind="query-params",
        placeholder="λ = 0.03   seed >= 2   tag = paper   min-max",
        help=plain(
            f"Conditions that must all hold. Fields: {', '.join(FIELDS)}. Signs: = != < <= > >=. Accuracies are in "
            "percent. Other words are looked for in names, labels, tags, and notes; put words with spaces in quotes."
        ),
    )
    wants_archived = bool(archived) and switch.toggle(f"Archived ({archived})", key="archived", bind="query-params")
    try:
        terms = parse_filter(expression)
    except InputError as error:
        draw_error(error)
        return []
    if not wants_archived and "archived" not in fields_of(terms):
        facts = [fact for fact in facts if not fact.run.labels.archived]
    return sorted((fact for fact in facts if matches(terms, fact.row)), key=lambda fact: not fact.run.labels.pinned)


def draw_runs(facts: list[RunFacts], total: int) -> list[RunOverview]:
    """Draw the table with a row per run, and return the selected runs.

    At first those of the URL are selected. Runs stay selected while the rows change.
    """
    table, run_ids = run_table(facts), [fact.run.run_id for fact in facts]
    chosen = {*st.session_state.setdefault(CHOSEN, st.query_params.get_all("runs"))}
    rows = [row for row, run_id in enumerate(run_ids) if run_id in chosen]
    event = st.dataframe(
        table,
        column_config=_columns(worst_digits(facts)),
        hide_index=True,
        width="stretch",
        height=min(MOST_HEIGHT, ROW_HEIGHT * (len(facts) + 1) + 3),
        key=f"runs-{_digest(run_ids)}",
        on_select="rerun",
        selection_mode="multi-row",
        selection_default={"selection": {"rows": rows}},
        placeholder="–",
    )
    selected = [facts[row].run for row in event.selection.rows if row < len(facts)]
    st.session_state[CHOSEN] = [run.run_id for run in selected]
    _draw_foot(facts, total)
    return selected


def _draw_foot(facts: Sequence[RunFacts], total: int) -> None:
    shown = len(facts)
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.caption(f"{total:,} runs" if shown == total else f"{shown:,} of {total:,} runs")
        st.download_button(
            "CSV",
            lambda: _csv(facts),
            "runs.csv",
            "text/csv",
            key="runs-csv",
            on_click="ignore",
            type="tertiary",
            help="Download these rows",
        )


def _csv(facts: Sequence[RunFacts]) -> bytes:
    """The rows with ids, for a spreadsheet."""
    frame = run_frame(facts).assign(run_id=[fact.run.run_id for fact in facts])
    return csv_text(frame.assign(Tags=frame["Tags"].map(", ".join)) if "Tags" in frame else frame).encode()


def _columns(digits: int) -> dict:
    """Column -> its format; numbers stand at the right, text at the left."""
    number, worst = st.column_config.NumberColumn, "Accuracy under all attacks of the report with the most attacks"
    return {
        "Run": st.column_config.TextColumn(width="medium"),
        "Scope": st.column_config.TextColumn(help="Layers with a penalty: the first convolution, or all"),
        "λ": number(format="%.4g"),
        "μ": number(format="%.4g"),
        "Seed": number(format="%d"),
        "Epochs": number(format="%d"),
        CLEAN: number(format="%.1f", help="On the test set; of an unfinished run, at its newest snapshot"),
        WORST: number(format=f"%.{digits}f", help=f"{worst} at the paper's ε"),
        "Attacks": number(format="%d", help="Number of attacks behind the worst case"),
        FUZZINESS: number(format="%.4f", help="Of the first convolution, at the newest snapshot"),
        CREATED: st.column_config.DatetimeColumn(format="YYYY-MM-DD HH:mm"),
        "Tags": st.column_config.ListColumn(width=170),
    }


def _digest(run_ids: Sequence[str]) -> str:
    """Short name of these rows: selected rows are known by their places, which mean other runs in other rows."""
    return blake2b("\n".join(run_ids).encode(), digest_size=6).hexdigest()
