"""Which λ and μ did the paper use? What comes closest, and what does not fit."""

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
    """The candidates, ranked; distance over the plane, and cell by cell."""
    st.subheader("Which λ and μ?")
    complete = st.toggle(
        "All cells of the column",
        key="complete",
        bind="query-params",
        help="Else those that at least half of the candidates have: searches often leave out cw, the most expensive",
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
            search_figure(frame, "Distance to the print"),
            key="paper-search",
            height=430,
            alt=f"Distance to the print over λ and μ. {search_words(candidates)}",
            table=frame,
        )
    with right:
        shown = "the closest" if len(candidates) == 1 else f"the closest {min(BEST, len(candidates))}"
        export.chart(
            deviation_figure(deviations, f"Cell by cell, {shown}"),
            key="paper-deviations",
            height=430,
            alt="Deviation from the print in every cell compared",
            table=deviations,
        )
    formats = {name: st.column_config.NumberColumn(format="%.1f") for name in frame.columns[6:]}
    formats |= {name: st.column_config.NumberColumn(format="%.2f") for name in ("Distance", "With Std+L1 and Std+L2")}
    formats["Fuzziness"] = st.column_config.NumberColumn(format="%.4f")
    formats |= {name: st.column_config.NumberColumn(format="%g") for name in ("λ", "μ")}
    export.table(
        frame,
        key="paper-candidates",
        title=f"Min-Max, the closest to the print first (percent and nats, {evidence.samples:,} images)",
        column_config=formats,
    )
