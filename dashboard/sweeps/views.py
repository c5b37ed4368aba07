"""Views of a grid of λ and μ; each draws charts and adds them to the page export."""

from collections.abc import Mapping

import streamlit as st

from dashboard import sources
from dashboard.figures.coordinate_lines import coordinate_lines_figure
from dashboard.figures.sweep_maps import map_figure, map_height
from dashboard.figures.sweeps import coordinates_figure, growth_figure, tradeoff_figure
from dashboard.frames.histories import thinning_words
from dashboard.frames.sweeps import Quantity, growth_frame, number_table, quantity
from dashboard.sweeps.grid import StrengthGrid
from dashboard.ui.page_export import PageExport
from dashboard.ui.widgets import forget_unknown
from engine.measurements.evaluation.survivors import CLEAN
from engine.studies.run_numbers import CLEAN_ACCURACY

Cell = tuple[float, float]
SHOWN_FIRST = ("fuzziness", "largest_weight", CLEAN_ACCURACY)
MOST_LINES = 24

TIPPING = (
    "The penalty λ|w| − μw² pulls a weight to 0 if |w| < λ/(2μ) and pushes it outward if |w| is larger; there only the "
    "loss of the data limits its growth."
)


def draw_maps(grid: StrengthGrid, export: PageExport, cell: Cell) -> None:
    """Draw heat maps of the chosen quantities."""
    quantities = pick_quantities(grid)
    if not quantities:
        st.info("Choose one or more quantities to map.")
        return
    export.chart(
        map_figure(grid.points, quantities, grid.title, initial=grid.initial, chosen=cell),
        key="sweep-maps",
        height=map_height(len(quantities), len(set(grid.points["l1"]))),
        alt="Heat maps with λ on the vertical and μ on the horizontal axis: "
        + ", ".join(one.heading for one in quantities),
        table=grid.points.drop(columns="runs"),
    )
    export.note(TIPPING)
    if grid.initial is not None:
        export.note(
            f"Initial weights have |w| up to {grid.initial:.4f}. Right of the line, λ/(2μ) is smaller than that, so "
            "some weights are pushed outward from the first step. If the objective has no lower bound, training ends "
            "while these weights still grow, and the numbers of the cell depend on the number of epochs."
        )
    if grid.protocol:
        export.note(f"Attacks: {grid.protocol}. Numbers are means over seeds. All attacks share one color range.")


def draw_numbers(grid: StrengthGrid, export: PageExport) -> None:
    """Draw all quantities of all points as a table."""
    export.table(
        number_table(grid.points, grid.quantities),
        key="sweep-numbers",
        title=f"{grid.title}: mean ± standard deviation over seeds",
        column_config={"λ/(2μ)": st.column_config.NumberColumn(format="%.3g")},
    )


def pick_quantities(grid: StrengthGrid) -> list[Quantity]:
    """Quantities to map; initially those of the weights, clean accuracy and one attack."""
    names = [one.name for one in grid.quantities]
    first = [name for name in (*SHOWN_FIRST, telling_attack(grid)) if name in names]
    if not set(st.session_state.get("maps") or ()) <= set(names):
        st.session_state.pop("maps", None)
    chosen = st.pills(
        "Maps",
        names,
        selection_mode="multi",
        default=None if "maps" in st.session_state else first,
        format_func=lambda name: quantity(name).title,
        key="maps",
        wrap=True,
        bind="query-params",
    )
    return [grid.quantity(name) for name in names if name in chosen]


def telling_attack(grid: StrengthGrid) -> str | None:
    """The attack that was run on the most points; among equals the one with the lowest accuracies."""

    def rank(name: str) -> tuple[int, float]:
        accuracies = grid.points[name].dropna().to_numpy(float)
        return len(accuracies), -accuracies.sum()

    return max((one.name for one in grid.attacks), key=rank, default=None)


def draw_tradeoff(grid: StrengthGrid, export: PageExport, cell: Cell) -> None:
    """Draw clean accuracy against robust accuracy under one attack."""
    if not grid.attacks:
        st.info(
            "None of these runs has been attacked yet. Launch the sweep with attacks, or attack the runs on the "
            "Robustness page."
        )
        return
    names = sorted((one.name for one in grid.attacks), key=lambda name: name != telling_attack(grid))
    robust = pick_one(grid, "Attack", "sweep-attack", {name: name for name in names})
    export.chart(
        tradeoff_figure(
            grid.points, grid.quantity(CLEAN), robust, f"Accuracy with and without attack: {grid.title}", cell
        ),
        key="sweep-tradeoff",
        height=520,
        alt=f"Accuracy under {robust.name} against accuracy without attack, one dot per λ and μ, with the Pareto front",
        table=grid.points.drop(columns="runs"),
    )
    export.note(
        f"{grid.protocol}; both accuracies are on the same images. Bars: ± one standard deviation over seeds, if there "
        "are several. The front is computed from means; with one seed, the order of neighbors on it can be chance."
    )


def draw_coordinates(grid: StrengthGrid, export: PageExport, cell: Cell) -> None:
    """Draw all quantities of all points as lines and as a table.

    Parallel coordinates compile code for WebGL, which a saved page must not; it gets the same lines without.
    """
    shown = [one for one in grid.quantities if one.name != CLEAN]
    color = pick_one(grid, "Color", "sweep-color", {one.name: one.title for one in reversed(shown)})
    lines = coordinates_figure(grid.points, shown, color, grid.title)
    known = grid.points.dropna(subset=[one.name for one in shown])
    export.chart(
        lines,
        key="sweep-coordinates",
        height=460,
        alt="Parallel coordinates: one line per point across λ, μ and its quantities",
        table=grid.points.drop(columns="runs"),
        saved=coordinate_lines_figure(lines, known),
    )
    st.caption(
        "Drag along an axis to keep only the lines that pass there; click the axis to show all lines again. λ and μ "
        "are on logarithmic axes with a place for 0. Points with a missing quantity, because no run finished or was "
        "attacked, are left out."
    )
    draw_numbers(grid, export)


def draw_growth(grid: StrengthGrid, export: PageExport, cell: Cell) -> None:
    """Draw the largest |w| over epochs for the λ of the chosen point and every μ."""
    l1 = cell[0]
    frame = grid.runs.loc[grid.runs["l1"] == l1].sort_values(["mu", "seed"])
    rows = frame.head(MOST_LINES)
    histories = {str(run_id): sources.history(str(run_id)) for run_id in rows["run_id"]}
    growth = growth_frame(rows, histories, grid.layer)
    export.chart(
        growth_figure(growth, f"Largest |w| over epochs at λ = {l1:g}: {grid.title}"),
        key="sweep-growth",
        height=480,
        alt="Largest absolute weight over epochs on a logarithmic axis, with a dotted line at each run's tipping point",
        table=growth,
    )
    if len(frame) > MOST_LINES:
        export.note(f"Only the first {MOST_LINES} of {len(frame)} runs are shown.")
    if words := thinning_words(histories.values(), extremes=True, whole_csv=False):
        export.note(words)
    export.note(
        f"Dotted lines: tipping point λ/(2μ) of each run, in its color. {TIPPING} Choose a point below to show another "
        "λ."
    )


def pick_one(grid: StrengthGrid, label: str, key: str, names: Mapping[str, str]) -> Quantity:
    """Draw a choice of one quantity, by its title."""
    forget_unknown(key, names)
    name = st.selectbox(label, list(names), format_func=names.__getitem__, key=key, bind="query-params")
    return grid.quantity(name)
