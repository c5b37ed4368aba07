"""Candidates for the paper's λ, μ and scope, as tables."""

from collections.abc import Sequence

import pandas as pd

from dashboard.frames.paper import shown_scale
from dashboard.memory import remembered_by_identity
from engine.minmax.objective import SCOPES
from engine.paper.distance import Candidate, deviation
from engine.paper.setting import Setting
from engine.paper.tables import PRINTED_NAMES

DEVIATION_COLUMNS = ("candidate", "quantity", "deviation", "printed", "ours")


@remembered_by_identity
def candidate_frame(candidates: Sequence[Candidate]) -> pd.DataFrame:
    """One row per candidate, in the given order: scope, λ, μ, seeds, distance, joint distance, and all compared cells.

    Accuracies are in percent, fuzziness in nats.
    """
    rows = []
    for candidate in candidates:
        setting = candidate.setting
        row: dict[str, object] = {
            "Scope": SCOPES[setting.scope],
            "λ": setting.l1_strength,
            "μ": setting.mu,
            "Seeds": candidate.seeds,
            "Distance": candidate.distance,
            "With Std+L1 and Std+L2": candidate.joint_distance,
        }
        for cell in candidate.cells:
            summary = cell.ours.summary
            mean = None if summary is None else shown_scale(cell.printed.quantity) * summary.mean
            row[PRINTED_NAMES[cell.printed.quantity]] = mean
        rows.append(row)
    columns = ["Scope", "λ", "μ", "Seeds", "Distance", "With Std+L1 and Std+L2"]
    frame = pd.DataFrame(rows) if rows else pd.DataFrame(columns=columns)
    return frame.astype({"With Std+L1 and Std+L2": float})


@remembered_by_identity
def deviation_frame(candidates: Sequence[Candidate]) -> pd.DataFrame:
    """One row per candidate and compared cell: DEVIATION_COLUMNS; deviation is in units of the distance."""
    rows = []
    for candidate in candidates:
        for cell in candidate.cells:
            summary = cell.ours.summary
            rows.append(
                {
                    "candidate": setting_name(candidate.setting),
                    "quantity": PRINTED_NAMES[cell.printed.quantity],
                    "deviation": deviation(cell),
                    "printed": cell.printed.value,
                    "ours": None if summary is None else summary.mean,
                }
            )
    return pd.DataFrame(rows, columns=list(DEVIATION_COLUMNS))


def setting_name(setting: Setting) -> str:
    """λ, μ and scope in words."""
    return f"λ {setting.l1_strength:g}, μ {setting.mu:g}, {SCOPES[setting.scope]}"
