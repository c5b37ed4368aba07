"""The paper's claims, each with its verdict, evidence, and a link to its runs."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from dashboard.figures.forest import forest_figure, forest_height
from dashboard.frames.claims import claim_frame, statement_frame
from dashboard.frames.paper import signed
from dashboard.navigation import PAGES, SHOWN_AT_ONCE
from dashboard.paper.words import verdict_words
from dashboard.ui.page_export import PageExport
from dashboard.ui.plain_text import plain
from engine.paper.claims import RULE, JudgedClaim
from engine.paper.setting import Setting
from engine.paper.statement import Statement

ICONS = {
    "supported": ":green[:material/check_circle:]",
    "contradicted": ":red[:material/cancel:]",
    "not decided": ":gray[:material/help:]",
}
BADGES = {
    "supported": ":green-badge[:material/check: supported]",
    "contradicted": ":red-badge[:material/close: contradicted]",
    "not decided": ":gray-badge[:material/help: not decided]",
}
ABOUT_WEIGHTS = 2
"""Claims up to this number are about weights, later ones about accuracy."""

VERDICTS = "Claims of the paper"
DIFFERENCES = "Statements of the claims: differences over seeds with 95 % intervals"
"""Titles of the tables."""

COLUMNS = {
    "claim": "Claim",
    "statement": "Statement",
    "verdict": "Verdict",
    "difference": "Difference",
    "low": "from",
    "high": "to",
    "unit": "Unit",
    "seeds": "Seeds",
    "p_value": "p",
    "note": "Note",
}


def draw_claims(export: PageExport, setting: Setting, claims: Sequence[JudgedClaim]) -> None:
    """Draw cards, a forest plot of all differences, and tables."""
    st.header("Claims of the paper", anchor="claims")
    export.note(f"{verdict_words(claims)} {setting.data_words}")
    for pair in zip(claims[::2], claims[1::2], strict=True):
        for place, claim in zip(st.columns(2), pair, strict=True):
            with place.container(border=True, height="stretch", key=f"claim-{claim.number}"):
                _draw_card(claim)
    with st.expander("Rules for the verdicts", icon=":material/gavel:"):
        export.note(RULE)
    statements = statement_frame(claims)
    figure = forest_figure(statements, "Claims of the paper and differences between our runs")
    export.chart(
        figure,
        key="paper-claims",
        height=forest_height(statements),
        alt=f"Difference and 95 % interval of every statement. {verdict_words(claims)}",
        table=statements,
    )
    _draw_tables(export, claim_frame(claims), statements.loc[:, list(COLUMNS)].rename(columns=COLUMNS))


def _draw_tables(export: PageExport, claims: pd.DataFrame, statements: pd.DataFrame) -> None:
    """Draw both tables once they are opened; the saved page has them in any case."""
    place = st.expander("Claims as tables", icon=":material/table_rows:", key="claims-as-tables", on_change="rerun")
    if not place.open:
        export.record_table(claims, key="paper-verdicts", title=VERDICTS)
        export.record_table(statements, key="paper-statements", title=DIFFERENCES)
        return
    formats = {name: st.column_config.NumberColumn(format="%+.4g") for name in ("Difference", "from", "to")}
    formats["p"] = st.column_config.NumberColumn(format="%.2g")
    with place:
        export.table(claims, key="paper-verdicts", title=VERDICTS)
        export.table(statements, key="paper-statements", title=DIFFERENCES, column_config=formats)


def _draw_card(claim: JudgedClaim) -> None:
    st.markdown(f"**{claim.number:d}** {BADGES[claim.verdict]}  \n**{plain(claim.words)}**")
    lines = [
        f"{ICONS[one.verdict]} {plain(one.words)}  \n:small[{plain(effect_words(one))}]" for one in claim.statements
    ]
    st.markdown("\n\n".join(lines))
    if claim.note:
        st.caption(plain(claim.note))
    if claim.run_ids:
        _draw_link(claim)


def _draw_link(claim: JudgedClaim) -> None:
    """Draw a link to the runs of a claim, up to the number that a page shows."""
    shown, every = list(claim.run_ids)[:SHOWN_AT_ONCE], len(claim.run_ids)
    runs = (
        "the run" if every == 1 else f"the {every} runs" if every == len(shown) else f"{len(shown)} of the {every} runs"
    )
    page, words, icon = ("weights", f"Weights of {runs}", "monitoring")
    if claim.number > ABOUT_WEIGHTS:
        page, words, icon = ("robustness", f"Robustness of {runs}", "shield")
    label = f"{words} for this claim"
    st.page_link(PAGES[page], label=label, icon=f":material/{icon}:", query_params={"runs": shown})


def effect_words(statement: Statement) -> str:
    """Difference, interval, number of seeds and p-value in words; also what is missing."""
    found = statement.difference
    if found is None:
        return statement.note or "No seed has a value for both variants."
    scale, digits = (100, 1) if statement.unit == "points" else (1, 1) if statement.unit == "weights" else (1, 4)
    words = f"{signed(scale * found.difference, digits)} {statement.unit}"
    if found.low is not None and found.high is not None:
        words += f" [{signed(scale * found.low, digits)}, {signed(scale * found.high, digits)}]"
    words += f", {found.n} seeds" if found.n > 1 else ", one seed: no interval"
    if found.n > 1 and found.low is None:
        words += ", all with the same difference: no interval"
    if found.p_value is not None:
        words += f", p = {found.p_value:.2g}"
    return f"{words}. {statement.note}".strip()
