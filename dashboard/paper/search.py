"""Search for the λ and μ of the paper: the closest candidates and their deviations."""

import streamlit as st

from dashboard.figures.search import deviation_figure, search_figure
from dashboard.frames.candidates import candidate_frame, deviation_frame
from dashboard.paper.closeness import search_words
from dashboard.paper.reading import Library
from dashboard.ui.page_export import PageExport
from engine.paper.distance import RULE
from engine.paper.evidence import Evidence

BEST = 5


def draw_search(export: PageExport, library: Library, evidence: Evidence) -> None:
    """Draw ranked candidates: distance over λ and μ, and the deviation of each cell."""
    st.header("Search for λ and μ", anchor="search")
    complete = st.toggle(
        "Compare all cells of the column",
        key="complete",
        bind="query-params",
        help="If off, only cells that at least half of the candidates have; many searches leave out the slow attack cw",
    )
    candidates = library.candidates(evidence.samples, complete)
    export.note(search_words(candidates))
    export.note(RULE)
    if not candidates:
        return
    frame = candidate_frame(candidates)
    deviations = deviation_frame(candidates[:BEST])
    left, right = st.columns([6, 5])
    with left:
        export.chart(
            search_figure(frame, "Distance to the paper"),
            key="paper-search",
            height=430,
            alt=f"Distance to the paper over λ and μ. {search_words(candidates)}",
            table=frame,
        )
    with right:
        shown = "closest candidate" if len(candidates) == 1 else f"closest {min(BEST, len(candidates))} candidates"
        export.chart(
            deviation_figure(deviations, f"Deviation by cell, {shown}"),
            key="paper-deviations",
            height=430,
            alt="Deviation from the paper in every compared cell",
            table=deviations,
        )
    formats = {name: st.column_config.NumberColumn(format="%.1f") for name in frame.columns[6:]}
    formats |= {name: st.column_config.NumberColumn(format="%.2f") for name in ("Distance", "With Std+L1 and Std+L2")}
    formats["Fuzziness"] = st.column_config.NumberColumn(format="%.4f")
    formats |= {name: st.column_config.NumberColumn(format="%g") for name in ("λ", "μ")}
    export.table(
        frame,
        key="paper-candidates",
        title=f"Min-Max, closest to the paper first (percent and nats, {evidence.samples:,} images)",
        column_config=formats,
    )
