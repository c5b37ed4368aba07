"""The paper's numbers next to ours, as tables."""

import pandas as pd

from dashboard.memory import remembered_by_identity
from engine.paper.evidence import NEAR_ZERO, Evidence, Reproduced, Values
from engine.paper.tables import FUZZINESS, NEAR_ZERO_RATIOS, PRINTED_NAMES
from engine.runs.variants import VARIANTS

CELL_COLUMNS = (
    *("table", "dataset", "quantity", "variant", "unit", "printed", "ours", "sd", "seeds", "images", "difference"),
    *("oddity", "l1", "mu", "scope", "epsilon", "epsilon_unit", "run_ids"),
)
POINT_COLUMNS = ("variant", "quantity", "kind", "value")


def cell_frame(evidence: Evidence) -> pd.DataFrame:
    """One row per number of the paper: CELL_COLUMNS; accuracies are fractions, fuzziness is in nats."""
    setting, rows = evidence.setting, []
    threat = setting.evaluation(evidence.samples).threat
    for cell in evidence.cells:
        printed, summary = cell.printed, cell.ours.summary
        rows.append(
            {
                "table": printed.table,
                "dataset": printed.dataset,
                "quantity": PRINTED_NAMES[printed.quantity],
                "variant": VARIANTS[printed.variant],
                "unit": "nats" if printed.quantity == FUZZINESS else "fraction",
                "printed": printed.value,
                "ours": summary and summary.mean,
                "sd": summary and summary.std,
                "seeds": summary.n if summary else 0,
                "images": cell.ours.n,
                "difference": cell.difference,
                "oddity": printed.oddity,
                "l1": setting.l1_strength,
                "mu": setting.mu,
                "scope": setting.scope,
                "epsilon": threat.epsilon,
                "epsilon_unit": threat.unit,
                "run_ids": " ".join(cell.ours.run_ids.values()),
            }
        )
    numbers = {name: float for name in ("printed", "ours", "sd", "difference")} | {"images": "Int64"}
    return pd.DataFrame(rows, columns=list(CELL_COLUMNS)).astype(numbers)


def cells_of(evidence: Evidence, table: int) -> list[Reproduced]:
    """Cells of one table, row by row."""
    return [cell for cell in evidence.cells if cell.printed.table == table]


@remembered_by_identity
def paper_table(evidence: Evidence, table: int) -> pd.DataFrame:
    """One of the paper's tables: for each row and variant, our number, the paper's and the difference.

    Units are percent and points, or nats for fuzziness; numbers are text, such as "92.1 ± 1.0" and "69.80 †".
    """
    cells = cells_of(evidence, table)
    columns: dict[tuple[str, str], dict[str, object]] = {}
    for cell in cells:
        variant, name = VARIANTS[cell.printed.variant], PRINTED_NAMES[cell.printed.quantity]
        digits = 4 if cell.printed.quantity == FUZZINESS else 1
        difference = cell.difference
        found = {
            "ours": value_words(cell, len(evidence.runs.get(cell.printed.variant, {}))),
            "paper": printed_words(cell),
            "diff.": None if difference is None else round(shown_scale(cell.printed.quantity) * difference, digits),
        }
        for part, value in found.items():
            columns.setdefault((variant, part), {})[name] = value
    frame = pd.DataFrame(columns)
    return frame.rename_axis("Nats" if cells and cells[0].printed.quantity == FUZZINESS else "Percent")


def value_words(cell: Reproduced, trained: int) -> str | None:
    """Mean and standard deviation over seeds, in percent or nats; None without a run.

    Args:
        trained: number of seeds of the variant; if fewer were attacked, their number is added.
    """
    quantity, summary = cell.printed.quantity, cell.ours.summary
    if summary is None:
        return None
    scale, digits = shown_scale(quantity), 4 if quantity == FUZZINESS else 1
    spread = "" if summary.std is None else f" ± {scale * summary.std:.{digits}f}"
    fewer = f" (n = {summary.n})" if summary.n < trained else ""
    return f"{scale * summary.mean:.{digits}f}{spread}{fewer}"


def printed_words(cell: Reproduced) -> str:
    """The paper's number with all its digits, marked if it is odd."""
    digits = 4 if cell.printed.quantity == FUZZINESS else 2
    mark = " †" if cell.printed.oddity else ""
    return f"{shown_scale(cell.printed.quantity) * cell.printed.value:.{digits}f}{mark}"


def shown_scale(quantity: str) -> int:
    """Factor for display: 100 for accuracies (percent), 1 for fuzziness (nats)."""
    return 1 if quantity == FUZZINESS else 100


def signed(value: float, digits: int) -> str:
    """The value with its sign, using a minus sign instead of a hyphen."""
    return f"{value:+.{digits}f}".replace("-", "−")


@remembered_by_identity
def near_zero_table(evidence: Evidence) -> pd.DataFrame:
    """Near-zero weights by variant, and the ratio of Min-Max to Std next to the paper's, as text."""
    low, high = NEAR_ZERO_RATIOS[evidence.setting.dataset]
    counts = {VARIANTS[name]: _count_words(evidence.values(name, NEAR_ZERO)) for name in ("std", "adv", "min-max")}
    ratio = {"Min-Max ÷ Std": _count_words(evidence.near_zero_ratio), "Paper": f"{low} to {high}"}
    return pd.DataFrame([counts | ratio])


def first_weights(evidence: Evidence) -> int:
    """Number of weights of the first convolution."""
    config = evidence.setting.config("std", 0)
    outputs, edge = config.architecture_spec.convolutions["conv1"]
    return outputs * config.dataset_spec.shape[0] * edge**2


def _count_words(values: Values) -> str | None:
    summary = values.summary
    if summary is None:
        return None
    return f"{summary.mean:.4g}" if summary.std is None else f"{summary.mean:.1f} ± {summary.std:.1f}"


@remembered_by_identity
def point_frame(evidence: Evidence, table: int) -> pd.DataFrame:
    """Points of a table's chart: POINT_COLUMNS, of kind "printed", "ours" (the mean) or "seed" (one row per seed)."""
    rows = []
    for cell in cells_of(evidence, table):
        shared = {"variant": cell.printed.variant, "quantity": PRINTED_NAMES[cell.printed.quantity]}
        rows.append({**shared, "kind": "printed", "value": cell.printed.value})
        if summary := cell.ours.summary:
            rows.append({**shared, "kind": "ours", "value": summary.mean})
        rows += [{**shared, "kind": "seed", "value": value} for value in cell.ours.by_seed.values()]
    return pd.DataFrame(rows, columns=list(POINT_COLUMNS))
