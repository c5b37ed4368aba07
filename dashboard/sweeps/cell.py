"""One point of the strength grid: its choice by click or by name, its numbers, and links to its runs."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from dashboard.frames.sweeps import Quantity, point_label, quantity
from dashboard.memory import remembered_by_identity
from dashboard.navigation import SHOWN_AT_ONCE, draw_link
from dashboard.sweeps.grid import StrengthGrid
from dashboard.ui.page_export import PageExport
from dashboard.ui.tables import arrow_table
from dashboard.ui.widgets import addressed_select
from engine.formatting import MISSING

L1_DOWN = "λ ↓, μ →"
CHOSEN = "point"


def pick_cell(grid: StrengthGrid) -> tuple[float, float]:
    """λ and μ of the chosen point; a click on a number in the table sets the same choice."""
    pairs = list(zip(grid.points["l1"], grid.points["mu"], strict=True))
    names = {f"{l1!r} {mu!r}": (l1, mu) for l1, mu in pairs}
    titles = {name: point_label(*pair) for name, pair in names.items()}
    return names[addressed_select("Point", titles, list(names)[_first_choice(grid.points)], CHOSEN)]


def draw_numbers_to_click(grid: StrengthGrid) -> None:
    """Draw one quantity as a table of numbers; a click on a number chooses its point."""
    names = [one.name for one in grid.quantities]
    where, what = st.columns([3, 1], vertical_alignment="bottom")
    where.markdown("**Click a number to show its runs**")
    name = what.selectbox(
        "Quantity", names, format_func=lambda name: quantity(name).heading, key="cells-of", label_visibility="collapsed"
    )
    one = grid.quantity(name)
    l1s, mus, shown = number_matrix(grid.points, one)
    key = f"cells-{name}-{len(l1s)}-{len(mus)}"

    def choose() -> None:
        for row, column in st.session_state[key]["selection"]["cells"]:
            place = list(shown.columns).index(column) - 1
            if row < len(l1s) and place >= 0 and len(_at(grid.points, (l1s[row], mus[place]))):
                st.session_state[CHOSEN] = f"{l1s[row]!r} {mus[place]!r}"

    number = st.column_config.NumberColumn(format=f"%.{one.digits}f")
    st.dataframe(
        arrow_table(shown),
        hide_index=True,
        column_config={L1_DOWN: st.column_config.Column(pinned=True)} | dict.fromkeys(list(shown.columns)[1:], number),
        key=key,
        on_select=choose,
        selection_mode="single-cell",
        placeholder=MISSING,
    )


@remembered_by_identity
def number_matrix(points: pd.DataFrame, one: Quantity) -> tuple[list[float], list[float], pd.DataFrame]:
    """Every λ and every μ of a `point_frame`, and a quantity at each pair, with a first column that names λ."""
    matrix = one.scale * points.pivot(index="l1", columns="mu", values=one.name)
    l1s, mus = list(matrix.index), list(matrix.columns)
    shown = matrix.set_axis([f"μ {mu:g}".replace("-", "−") for mu in mus], axis="columns")
    shown.insert(0, L1_DOWN, [f"λ {l1:g}" for l1 in l1s])
    return l1s, mus, shown


def draw_cell(grid: StrengthGrid, cell: tuple[float, float], export: PageExport) -> None:
    """Draw the runs of a point, their numbers, and links to the pages that show them."""
    rows, point = _at(grid.runs, cell), _at(grid.points, cell).to_dict("records")[0]
    export.table(
        run_table(grid.runs, grid.quantities, *cell),
        key="sweep-cell",
        title=f"Runs at {point_label(*cell)}",
        column_config={
            one.heading: st.column_config.NumberColumn(format=f"%.{one.digits}f") for one in grid.quantities
        },
    )
    if point["tipping_point"] == point["tipping_point"]:
        export.note(tipping_words(point))
    draw_links(list(rows["run_id"]), list(rows.loc[rows["status"] == "finished", "run_id"]))


@remembered_by_identity
def run_table(runs: pd.DataFrame, quantities: Sequence[Quantity], l1: float, mu: float) -> pd.DataFrame:
    """Runs at a point and their numbers, with the column titles of the page."""
    rows = _at(runs, (l1, mu))
    table = pd.DataFrame({"Seed": rows["seed"], "Status": rows["status"], "Variant": rows["label"]})
    for one in quantities:
        table[one.heading] = one.scale * rows[one.name]
    return table.reset_index(drop=True)


def tipping_words(point: Mapping[Any, Any]) -> str:
    """The tipping point, and whether the largest weights of the finished runs exceed it."""
    runs = "no run" if not point["away"] else "every run" if point["away"] == point["n"] else "some runs"
    words = f"at the end of training, the largest weight of this layer exceeds it in {runs}"
    return f"Tipping point λ/(2μ) = {point['tipping_point']:.3g}: {words if point['n'] else 'no run has finished'}."


def draw_links(run_ids: list[str], finished: list[str]) -> None:
    """Draw links to the pages that show these runs; robustness and images only of finished runs."""
    with st.container(horizontal=True):
        draw_link("weights", "Weights of these runs", run_ids[:SHOWN_AT_ONCE])
        if finished:
            draw_link("robustness", "Robustness of these runs", finished[:SHOWN_AT_ONCE])
            draw_link("examples", "Adversarial examples", finished[:SHOWN_AT_ONCE])


def _at(frame: pd.DataFrame, cell: tuple[float, float]) -> pd.DataFrame:
    """Rows of a frame with this λ and μ."""
    return frame.loc[(frame["l1"] == cell[0]) & (frame["mu"] == cell[1])]


def _first_choice(points: pd.DataFrame) -> int:
    """Position of the first Min-Max point whose weights run away, else of the first Min-Max point, else 0."""
    interest = (points["variant"] == "min-max").astype(int) + ((points["variant"] == "min-max") & (points["away"] > 0))
    return int(interest.to_numpy().argmax())
