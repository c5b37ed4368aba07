"""Tables 1 to 3 of the paper next to our numbers."""

import streamlit as st

from dashboard.figures.reproduction import reproduction_figure
from dashboard.frames.paper import cells_of, first_weights, near_zero_table, paper_table, point_frame
from dashboard.paper.words import agreement_words, oddity_notes
from dashboard.ui.page_export import PageExport
from engine.paper.evidence import Evidence
from engine.paper.tables import TABLE_OF, TITLES

DOTS = "Diamonds: paper. Large dots: our mean over seeds. Small dots: single seeds."


def draw_tables(export: PageExport, evidence: Evidence) -> None:
    """Draw Table 1 or 2, then Table 3 with the near-zero weights."""
    table, name = TABLE_OF[evidence.setting.dataset], evidence.setting.config("std", 0).dataset_spec.title
    st.header(TITLES[table], anchor="accuracies")
    cells = cells_of(evidence, table)
    export.note(agreement_words(cells))
    frame = paper_table(evidence, table)
    export.table(
        frame,
        key="paper-accuracies",
        title=f"Table {table}, {name}: ours (mean ± standard deviation over seeds), paper, and difference",
        column_config=_differences(frame.shape[1], "%+.1f"),
    )
    for note in oddity_notes(cells):
        export.note(note)
    points = point_frame(evidence, table)
    export.chart(
        reproduction_figure(points, f"Table {table}: accuracy in the paper and ours"),
        key="paper-table",
        height=560,
        alt=f"Accuracies of the paper and ours by attack and variant. {agreement_words(cells)}",
        table=points,
    )
    export.note(DOTS)
    st.header(TITLES[3], anchor="fuzziness")
    draw_fuzziness(export, evidence, name)


def draw_fuzziness(export: PageExport, evidence: Evidence, name: str) -> None:
    """Draw Table 3, and the near-zero counts of Figures 4 and 5."""
    frame = paper_table(evidence, 3)
    title = f"Table 3, {name}: fuzziness of the first convolution (nats)"
    export.table(frame, key="paper-fuzziness", title=title, column_config=_differences(frame.shape[1], "%+.4f"))
    left, right = st.columns([5, 7], gap="medium")
    with left:
        title = f"Figures 4 and 5, {name}: weights with |w| < 0.01, of {first_weights(evidence)}"
        export.table(near_zero_table(evidence), key="paper-near-zero", title=title)
    with right:
        points = point_frame(evidence, 3)
        export.chart(
            reproduction_figure(points, "Table 3: fuzziness in the paper and ours", in_nats=True),
            key="paper-fuzziness-chart",
            height=260,
            alt="Fuzziness of Std, Adv and Min-Max in the paper and ours, on a logarithmic axis",
            table=points,
        )


def _differences(columns: int, form: str) -> dict:
    """Number format of every third column, by position; the index has position 0."""
    return {place: st.column_config.NumberColumn(format=form) for place in range(3, columns + 1, 3)}
