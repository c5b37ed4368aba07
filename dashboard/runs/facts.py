"""Facts: what the table says of each run, made again only for runs that changed."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
from streamlit.dataframe_util import convert_pandas_df_to_arrow_table

from dashboard import measured
from dashboard.memory import remembered_by_identity
from dashboard.sources import settings
from engine.file_state import FileState, file_state
from engine.minmax.quantities import QUANTITIES
from engine.queue.overview import RunOverview
from engine.queue.run_filter import Row
from engine.queue.run_row import decisive_report, run_row
from engine.robustness.report import RobustnessReport
from engine.runs.config import RunConfig
from engine.runs.variants import TITLES

WORST, CLEAN, CREATED = "Worst case (%)", "Clean (%)", "Created"
FUZZINESS = QUANTITIES["fuzziness"].heading
NUMBERS = ("λ", "μ", "Seed", "Epochs", CLEAN, WORST, "Attacks", FUZZINESS)
OPTIONAL = ("Mark", "Tags", "Note")
SURE = 1_000
"""Number of images from which on an accuracy in percent has a decimal."""


@dataclass(frozen=True)
class RunFacts:
    """One run as a row.

    images: number of images behind the worst case; None if the run was not attacked at the paper's ε.
    row: for the filter; cells: for the table, by column.
    """

    run: RunOverview
    images: int | None
    row: Row
    cells: dict[str, object]


def all_facts(runs: Sequence[RunOverview]) -> list[RunFacts]:
    """Facts of each run; those of runs that have not changed are the same objects as before."""
    root = str(settings().store.root)
    return _all_facts(runs, [file_state(f"{root}/{run.run_id}/evaluations") for run in runs])


class _AllFacts(list[RunFacts]):
    nbytes = 100_000  # an estimate: the facts are kept one by one


@remembered_by_identity
def _all_facts(runs: Sequence[RunOverview], states: Sequence[FileState]) -> list[RunFacts]:
    return _AllFacts(map(_facts, runs, states))


@remembered_by_identity
def _facts(run: RunOverview, state: FileState) -> RunFacts:
    """Facts of a run whose folder of reports is in this state."""
    report = decisive_report(run, measured.reports(run.run_id).values())
    row = run_row(run, report)
    return RunFacts(run, report.n if report else None, row, _cells(run, report, row))


@remembered_by_identity
def run_table(facts: Sequence[RunFacts]) -> pa.Table:
    """One row per run, for st.dataframe; the same object for the same facts."""
    return convert_pandas_df_to_arrow_table(run_frame(facts))


def _cells(run: RunOverview, report: RobustnessReport | None, row: Row) -> dict[str, object]:
    config, labels = run.config, run.labels
    trained = isinstance(config, RunConfig)
    return {
        "Run": run.label,
        "Mark": ", ".join(
            word for word, is_set in (("pinned", labels.pinned), ("archived", labels.archived)) if is_set
        ),
        "Tags": list(labels.tags),
        "Variant": TITLES[config.variant],
        "Data": config.dataset_spec.title,
        "λ": row.get("λ"),
        "μ": row.get("μ"),
        "Scope": config.objective.scope if trained and config.objective.has_penalty else None,
        "Seed": row.get("seed"),
        "Epochs": row.get("epochs"),
        "Status": run.status,
        CLEAN: row["clean"],
        WORST: row["worst"],
        "Attacks": len(report.attacks) if report else None,
        FUZZINESS: row["fuzziness"],
        CREATED: run.created_at.astimezone().replace(tzinfo=None) if run.created_at else None,
        "Note": " ".join(labels.note.split()) or None,
    }


def run_frame(facts: Sequence[RunFacts]) -> pd.DataFrame:
    """One row per run; columns of marks, tags and notes only if a run has one."""
    names = list(facts[0].cells) if facts else []
    columns = {name: [fact.cells[name] for fact in facts] for name in names}
    shown = {name: values for name, values in columns.items() if name not in OPTIONAL or any(values)}
    return pd.DataFrame({name: _typed(name, values) for name, values in shown.items()})


def _typed(name: str, values: list) -> np.ndarray | pd.Series | list:
    """Values of a column in a type that does not depend on the runs."""
    if name in NUMBERS:
        return np.array(values, dtype=float)
    return pd.Series(pd.to_datetime(values), dtype="datetime64[s]") if name == CREATED else values


def worst_digits(facts: Sequence[RunFacts]) -> int:
    """Decimals of the worst case in percent that the smallest sample supports."""
    return int(min((fact.images for fact in facts if fact.images), default=0) >= SURE)
