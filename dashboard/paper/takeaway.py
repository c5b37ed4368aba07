"""Downloads of the whole page: LaTeX for papers, CSV for programs."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from dashboard.frames.candidates import candidate_frame
from dashboard.frames.claims import claim_frame, statement_frame
from dashboard.frames.paper import (
    cell_frame,
    cells_of,
    near_zero_table,
    paper_table,
    signed,
)
from dashboard.paper.claims import COLUMNS, effect_words
from dashboard.paper.reading import Library, judged
from dashboard.paper.words import oddity_notes, setting_words
from dashboard.ui.latex import escaped
from dashboard.ui.plain_text import plain
from dashboard.ui.tables import csv_text, latex_text
from engine.paper.claims import RULE, JudgedClaim
from engine.paper.distance import RULE as DISTANCE_RULE
from engine.paper.evidence import Evidence
from engine.paper.tables import TABLE_OF, TITLES


def draw_takeaway(library: Library, evidence: Evidence) -> None:
    """Draw download buttons; each file is made on request."""
    stem = f"paper-{evidence.setting.name}"
    offers = {
        "All tables as LaTeX": ("tex", "text/x-tex", lambda: latex_document(library, evidence)),
        "All cells as CSV": ("cells.csv", "text/csv", lambda: csv_text(cell_frame(evidence))),
        "All statements as CSV": ("claims.csv", "text/csv", lambda: csv_text(statement_frame(judged(evidence)))),
    }
    for label, (ending, mime, text) in offers.items():
        st.download_button(
            plain(label),
            lambda text=text: text().encode(),
            f"{stem}.{ending}" if ending == "tex" else f"{stem}-{ending}",
            mime,
            key=f"paper-{ending}",
            icon=":material/download:",
            on_click="ignore",
        )


def latex_document(library: Library, evidence: Evidence) -> str:
    """LaTeX of Table 1 or 2, Table 3, near-zero weights, claims, statements and candidates, with their notes."""
    table = TABLE_OF[evidence.setting.dataset]
    claims, candidates = judged(evidence), library.candidates(evidence.samples)
    parts = [f"% {_comment(setting_words(evidence))}"]
    for number in (table, 3):
        parts.append(
            latex_text(printable(paper_table(evidence, number)), f"{TITLES[number]}. {setting_words(evidence)}")
        )
        parts += [escaped(note) + "\n" for note in oddity_notes(cells_of(evidence, number))]
    parts.append(latex_text(near_zero_table(evidence), "Weights of the first convolution with |w| < 0.01"))
    parts.append(latex_text(claim_frame(claims), f"Claims of the paper. {RULE}"))
    parts.append(latex_text(_statements(claims), "Statements of the claims, with 95 % intervals"))
    if candidates:
        frame = candidate_frame(candidates)
        numbers = {str(name): ".4g" for name, column in frame.items() if column.dtype == float}
        parts.append(latex_text(frame, f"Distance to the paper. {DISTANCE_RULE}", numbers))
    return "\n".join(parts)


def printable(frame: pd.DataFrame) -> pd.DataFrame:
    """The table with signed differences as text."""
    digits = 4 if frame.index.name == "Nats" else 1
    written = frame.copy().astype(object)
    for name in written.columns:
        if name[1] == "diff.":
            written[name] = [None if pd.isna(value) else signed(value, digits) for value in frame[name]]
    return written


def _statements(claims: Sequence[JudgedClaim]) -> pd.DataFrame:
    rows = [
        {"Claim": claim.number, "Statement": one.words, "Verdict": one.verdict, "Difference": effect_words(one)}
        for claim in claims
        for one in claim.statements
    ]
    return pd.DataFrame(rows, columns=[COLUMNS["claim"], COLUMNS["statement"], COLUMNS["verdict"], "Difference"])


def _comment(text: str) -> str:
    return " ".join(text.split())
