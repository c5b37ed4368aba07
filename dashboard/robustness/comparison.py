"""Whether runs differ by more than noise."""

import streamlit as st

from dashboard import sources
from dashboard.frames.differences import difference_frame
from dashboard.frames.labels import unique_labels
from dashboard.ui.page_export import PageExport
from engine.queue.overview import RunOverview
from engine.studies.comparison import NOISE_RULE

POINTS = st.column_config.NumberColumn(format="%+.1f")
COLUMNS = {
    "label": "Run",
    "reference": "Against",
    "attack": "Attack",
    "accuracy": "Accuracy (%)",
    "reference_accuracy": "Reference (%)",
    "difference": "Difference (points)",
    "difference_low": "from",
    "difference_high": "to",
    "only_first": "Only run correct",
    "only_second": "Only reference correct",
    "p_value": "p",
    "seeds": "Seeds",
    "verdict": "Verdict",
}
PERCENT = ("accuracy", "reference_accuracy", "difference", "difference_low", "difference_high")


def draw_comparison(sheet: PageExport, runs: list[RunOverview], protocol: str) -> None:
    """Every run against one of them, over the same images and over seeds."""
    if len(runs) < 2:
        return
    labels = unique_labels(runs)
    standard = next((run.run_id for run in runs if run.config.variant == "std"), runs[0].run_id)
    if st.session_state.get("against") not in labels:
        st.session_state.pop("against", None)
    reference = st.selectbox(
        "Compare with",
        list(labels),
        index=list(labels).index(standard),
        format_func=labels.__getitem__,
        key="against",
        bind="query-params",
    )
    images = {run.run_id: sources.reports(run.run_id)[protocol].sample_ids for run in runs}
    verdicts = {
        run_id: found
        for run_id, ids in images.items()
        if ids == images[reference] and (found := sources.verdicts(run_id, protocol)) is not None
    }
    frame = difference_frame(runs, verdicts, reference)
    if frame.empty:
        sheet.note(
            "These evaluations hold too little to compare image by image, or other images. Attack the runs again."
        )
        return
    if unread := [labels[run.run_id] for run in runs if run.run_id not in verdicts]:
        sheet.note(f"Not compared, evaluated on other images or by an older version: {', '.join(unread)}.")
    table = frame.assign(
        **{name: 100 * frame[name] for name in PERCENT}, attack=frame["attack"].replace("none", "no attack")
    )
    sheet.table(
        table.loc[:, list(COLUMNS)].rename(columns=COLUMNS),
        key="differences",
        title="Differences from the reference",
        column_config={
            **{
                COLUMNS[name]: st.column_config.NumberColumn(format="%.1f")
                for name in ("accuracy", "reference_accuracy")
            },
            **{COLUMNS[name]: POINTS for name in ("difference", "difference_low", "difference_high")},
            "p": st.column_config.NumberColumn(format="%.2g"),
        },
    )
    sheet.note(NOISE_RULE)
