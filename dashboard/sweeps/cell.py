"""A point of the plane, chosen by a click on its number or by name: its figures and the way to its runs."""

import pandas as pd
import streamlit as st

from dashboard.frames.sweeps import point_label, quantity
from dashboard.navigation import PAGES, SHOWN_AT_ONCE
from dashboard.sweeps.plane import Plane
from dashboard.ui.page_export import PageExport

L1_DOWN = "λ ↓, μ →"
CHOSEN = "point"


def pick_cell(plane: Plane) -> tuple[float, float]:
    """λ and μ of the point by name; a click on a number writes it there."""
    pairs = list(zip(plane.points["l1"], plane.points["mu"], strict=True))
    names = {f"{l1!r} {mu!r}": (l1, mu) for l1, mu in pairs}
    if st.session_state.get(CHOSEN) not in names:
        st.session_state.pop(CHOSEN, None)
    name = st.selectbox(
        "Point",
        list(names),
        0 if CHOSEN in st.session_state else _first_choice(plane.points),
        format_func=lambda name: point_label(*names[name]),
        key=CHOSEN,
        bind="query-params",
    )
    return names[name]


def draw_numbers_to_click(plane: Plane) -> None:
    """One figure as a table of numbers, in which a click chooses the point."""
    names = [one.name for one in plane.quantities]
    where, what = st.columns([3, 1], vertical_alignment="bottom")
    where.markdown("**Click a number to see its runs**")
    name = what.selectbox(
        "Numbers", names, format_func=lambda name: quantity(name).heading, key="cells-of", label_visibility="collapsed"
    )
    one = plane.quantity(name)
    matrix = one.scale * plane.points.pivot(index="l1", columns="mu", values=one.name)
    l1s, mus = list(matrix.index), list(matrix.columns)
    shown = matrix.set_axis([f"μ {mu:g}".replace("-", "−") for mu in mus], axis="columns")
    shown.insert(0, L1_DOWN, [f"λ {l1:g}" for l1 in l1s])
    key = f"cells-{name}-{len(l1s)}-{len(mus)}"

    def choose() -> None:
        for row, column in st.session_state[key]["selection"]["cells"]:
            place = list(shown.columns).index(column) - 1
            if row < len(l1s) and place >= 0 and _is_point(plane.points, l1s[row], mus[place]):
                st.session_state[CHOSEN] = f"{l1s[row]!r} {mus[place]!r}"

    number = st.column_config.NumberColumn(format=f"%.{one.digits}f")
    st.dataframe(
        shown,
        hide_index=True,
        column_config={L1_DOWN: st.column_config.Column(pinned=True)} | dict.fromkeys(list(shown.columns)[1:], number),
        key=key,
        on_select=choose,
        selection_mode="single-cell",
        placeholder="–",
    )


def draw_cell(plane: Plane, cell: tuple[float, float], sheet: PageExport) -> None:
    """The runs of a point, what became of them, and links to the pages that show them."""
    rows = plane.runs.loc[(plane.runs["l1"] == cell[0]) & (plane.runs["mu"] == cell[1])]
    point = plane.points.loc[(plane.points["l1"] == cell[0]) & (plane.points["mu"] == cell[1])].iloc[0]
    table = pd.DataFrame({"Seed": rows["seed"], "Status": rows["status"], "Variant": rows["label"]})
    for one in plane.quantities:
        table[one.heading] = one.scale * rows[one.name]
    sheet.table(
        table.reset_index(drop=True),
        key="sweep-cell",
        title=f"The runs at {point_label(*cell)}",
        column_config={
            one.heading: st.column_config.NumberColumn(format=f"%.{one.digits}f") for one in plane.quantities
        },
    )
    if point["tipping_point"] == point["tipping_point"]:
        away = "no run's" if not point["away"] else "every run's" if point["away"] == point["n"] else "some runs'"
        words = f"at the end, {away} largest weight of this layer lies beyond" if point["n"] else "no run has finished"
        sheet.note(f"Here λ/(2μ) = {point['tipping_point']:.3g}: {words}.")
    runs, finished = list(rows["run_id"])[:SHOWN_AT_ONCE], list(rows.loc[rows["status"] == "finished", "run_id"])
    with st.container(horizontal=True):
        st.page_link(PAGES["weights"], label="Their weights", icon=":material/monitoring:", query_params={"runs": runs})
        if finished:
            chosen = {"runs": finished[:SHOWN_AT_ONCE]}
            st.page_link(PAGES["robustness"], label="Under attack", icon=":material/shield:", query_params=chosen)
            st.page_link(PAGES["examples"], label="Their images", icon=":material/image_search:", query_params=chosen)


def _first_choice(points: pd.DataFrame) -> int:
    """Position of a Min-Max point whose weights run away, or else of the first Min-Max one, or of all."""
    interest = (points["variant"] == "min-max").astype(int) + ((points["variant"] == "min-max") & (points["away"] > 0))
    return int(interest.to_numpy().argmax())


def _is_point(points: pd.DataFrame, l1: float, mu: float) -> bool:
    return bool(((points["l1"] == l1) & (points["mu"] == mu)).any())
