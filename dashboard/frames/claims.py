"""Judged claims and their statements, as tables."""

from collections.abc import Sequence

import pandas as pd

from dashboard.memory import remembered_by_identity
from engine.paper.claims import JudgedClaim
from engine.paper.statement import Statement

STATEMENT_COLUMNS = (
    *(
        "dataset",
        "claim",
        "statement",
        "verdict",
        "unit",
        "difference",
        "low",
        "high",
        "seeds",
        "p_value",
        "region_low",
    ),
    *("region_high", "note", "run_ids"),
)


@remembered_by_identity
def statement_frame(claims: Sequence[JudgedClaim]) -> pd.DataFrame:
    """One row per statement: STATEMENT_COLUMNS; accuracy differences are in points, a missing limit is infinite."""
    rows = [_statement_row(claim, statement) for claim in claims for statement in claim.statements]
    numbers = ("difference", "low", "high", "p_value", "region_low", "region_high")
    return pd.DataFrame(rows, columns=list(STATEMENT_COLUMNS)).astype({name: float for name in numbers})


def _statement_row(claim: JudgedClaim, statement: Statement) -> dict[str, object]:
    found, scale = statement.difference, 100.0 if statement.unit == "points" else 1.0

    def scaled(value: float | None, missing: float = float("nan")) -> float:
        return missing if value is None else scale * value

    low, high = statement.region or (None, None)
    return {
        "dataset": claim.dataset,
        "claim": claim.number,
        "statement": statement.words,
        "verdict": statement.verdict,
        "unit": statement.unit,
        "difference": scaled(found.difference if found else None),
        "low": scaled(found.low if found else None),
        "high": scaled(found.high if found else None),
        "seeds": found.n if found else 0,
        "p_value": found.p_value if found else None,
        "region_low": scaled(low, float("-inf")),
        "region_high": scaled(high, float("inf")),
        "note": statement.note,
        "run_ids": " ".join(statement.run_ids),
    }


@remembered_by_identity
def claim_frame(claims: Sequence[JudgedClaim]) -> pd.DataFrame:
    """One row per claim: number, text and verdict."""
    rows = [{"Claim": claim.number, "Text": claim.words, "Verdict": claim.verdict} for claim in claims]
    return pd.DataFrame(rows, columns=["Claim", "Text", "Verdict"])
