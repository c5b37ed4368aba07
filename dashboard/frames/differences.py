"""Differences from a reference, one row per attack and run or group of seeds."""

from collections.abc import Mapping, Sequence

import pandas as pd

from dashboard.frames.labels import group_labels
from dashboard.frames.tables import IDENTITY
from dashboard.memory import remembered_by_identity
from engine.queue.overview import RunOverview
from engine.studies.comparison import Contrast, Survivors, contrasts

ACCURACIES = ("accuracy", "low", "high", "reference_accuracy", "reference_low", "reference_high")
DIFFERENCE = ("difference", "difference_low", "difference_high", "p_value")
COUNTS = ("only_first", "only_second", "n", "seeds")


@remembered_by_identity
def difference_frame(
    runs: Sequence[RunOverview], survivors: Mapping[str, Survivors], reference_run_id: str
) -> pd.DataFrame:
    """Results of `contrasts`: IDENTITY (of the first seed), reference, attack, ACCURACIES, DIFFERENCE, COUNTS, verdict.

    label and reference name a group by its number of seeds. Accuracies and differences are fractions; NaN where
    identical seeds leave a value undefined. verdict: "within noise", "higher" or "lower" than the reference, or
    "too few seeds to tell".

    Args:
        survivors: run_id -> images that survive each attack of one protocol. Runs without an entry are left out; the
            table is empty without the reference's entry.
    """
    by_id = {run.run_id: run for run in runs}
    found = contrasts(runs, survivors, reference_run_id)
    subjects = {one.run_ids[0]: [by_id[run_id] for run_id in one.run_ids] for one in found}
    columns = (*ACCURACIES, *DIFFERENCE, *COUNTS)
    rows = [
        {
            "run_id": one.run_ids[0],
            "variant": by_id[one.run_ids[0]].config.variant,
            **_labels(one, subjects, by_id),
            "attack": one.attack,
            "verdict": one.verdict,
            **{column: getattr(one, column) for column in columns},
        }
        for one in found
    ]
    frame = pd.DataFrame(rows, columns=[*IDENTITY, "reference", "attack", *columns, "verdict"])
    return frame.astype({column: float for column in (*ACCURACIES, *DIFFERENCE)})


def _labels(
    one: Contrast, subjects: Mapping[str, Sequence[RunOverview]], by_id: Mapping[str, RunOverview]
) -> dict[str, str]:
    """Labels of both sides, distinct from each other and from all other subjects."""
    reference = [by_id[run_id] for run_id in one.reference_ids]
    labels = group_labels({**subjects, reference[0].run_id: reference})
    return {"label": labels[one.run_ids[0]], "reference": labels[reference[0].run_id]}
