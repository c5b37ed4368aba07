"""Differences between runs and whether they exceed noise."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd
import streamlit as st

from dashboard import measured
from dashboard.frames.differences import difference_frame
from dashboard.frames.labels import unique_labels
from dashboard.memory import remembered_by_identity
from dashboard.ui.page_export import PageExport
from dashboard.ui.widgets import forget_unknown
from engine.measurements.evaluation.survivors import CLEAN
from engine.queue.overview import RunOverview
from engine.studies.comparison import NOISE_RULE

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
ACCURACIES, DIFFERENCES = ("accuracy", "reference_accuracy"), ("difference", "difference_low", "difference_high")
PERCENT = ACCURACIES + DIFFERENCES
FORMATS = {
    **{COLUMNS[name]: st.column_config.NumberColumn(format="%.1f") for name in ACCURACIES},
    **{COLUMNS[name]: st.column_config.NumberColumn(format="%+.1f") for name in DIFFERENCES},
    "p": st.column_config.NumberColumn(format="%.2g"),
}


class Compared(NamedTuple):
    """Runs compared with one of them.

    differences: a `difference_frame`; empty with fewer than two runs, or if none can be compared.
    unread: labels of the runs that cannot be compared; all of them if the reference cannot.
    """

    differences: pd.DataFrame
    unread: list[str]


def compare(runs: list[RunOverview], protocol: str) -> Compared:
    """Draw the choice of a reference run, and compare all runs with it, over the same images or over seeds."""
    if len(runs) < 2:
        return Compared(difference_frame([], {}, ""), [])
    labels = unique_labels(runs)
    reference = pick_reference(runs, labels)
    survivors = comparable_survivors(runs, protocol, reference)
    frame = difference_frame(runs, survivors, reference)
    return Compared(frame, [labels[run.run_id] for run in runs if frame.empty or run.run_id not in survivors])


def draw_comparison(export: PageExport, compared: Compared) -> None:
    """Draw the differences of all runs from the reference run."""
    if compared.differences.empty:
        export.note(
            "These evaluations cannot be compared image by image: they used different images, or an older version "
            "recorded too little. Attack the runs again."
            if compared.unread
            else "Only one run has results. Choose a second run to compare it with."
        )
        return
    if compared.unread:
        export.note(
            "Not compared, because they were evaluated on other images or by an older version: "
            f"{', '.join(compared.unread)}."
        )
    export.table(
        readable(compared.differences), key="differences", title="Differences from the reference", column_config=FORMATS
    )
    export.note(NOISE_RULE)


def pick_reference(runs: list[RunOverview], labels: Mapping[str, str]) -> str:
    """Id of the run that the others are compared with; initially a Std run."""
    standard = next((run.run_id for run in runs if run.config.variant == "std"), runs[0].run_id)
    forget_unknown("against", labels)
    return st.selectbox(
        "Compare with",
        list(labels),
        index=list(labels).index(standard),
        format_func=labels.__getitem__,
        key="against",
        bind="query-params",
    )


def comparable_survivors(runs: list[RunOverview], protocol: str, reference: str) -> dict[str, Mapping[str, np.ndarray]]:
    """Images that survive each attack, by run_id, for runs evaluated on the same images as the reference."""
    reports = {run.run_id: measured.reports(run.run_id)[protocol] for run in runs}
    return {
        run_id: found
        for run_id, report in reports.items()
        if report.shares_images(reports[reference]) and (found := measured.survivors(run_id, protocol)) is not None
    }


@remembered_by_identity
def readable(frame: pd.DataFrame) -> pd.DataFrame:
    """A `difference_frame` in percent and points, with the column titles of the page."""
    percent = {name: 100 * frame[name] for name in PERCENT}
    table = frame.assign(**percent, attack=frame["attack"].replace(CLEAN, "no attack"))
    return table.loc[:, list(COLUMNS)].rename(columns=COLUMNS)
