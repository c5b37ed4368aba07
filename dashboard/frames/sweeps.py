"""A grid of λ and μ as tables: by run, by point, and the growth of the weights."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from dashboard.frames.histories import POINTS
from dashboard.frames.labels import unique_labels
from dashboard.frames.tables import telling
from dashboard.memory import remembered_by_identity
from engine.attacks.catalog import attack_config
from engine.formatting import MISSING
from engine.kept import kept
from engine.measurements.evaluation.survivors import CLEAN
from engine.minmax.quantities import QUANTITIES
from engine.robustness.report import RobustnessReport
from engine.robustness.statistics import summarize_seeds
from engine.runs.columns import column
from engine.studies.run_numbers import CLEAN_ACCURACY, is_running_away, run_numbers, tipping_point
from engine.studies.strength_grid import GridPoint

RUN_COLUMNS = ["l1", "mu", "seed", "run_id", "label", "variant", "status", "tipping_point", "running_away", "reached"]
CLEAN_TITLES = {CLEAN_ACCURACY: "Clean, whole test set", CLEAN: "Clean, attacked images"}
LAYER_NUMBERS = {one.number: one for one in QUANTITIES.values()}
LARGEST_WEIGHT = QUANTITIES["largest_weight"].number
"""Name of the number that shows whether the weights of a run run away."""


@dataclass(frozen=True)
class Quantity:
    """One number of a run and its display: times `scale`, in `unit`, with `digits` decimals.

    name: one of `run_numbers`.
    is_accuracy: whether it is a fraction of images; is_under_attack: whether these are attacked.
    is_logarithmic: whether it spans powers of ten.
    """

    name: str
    title: str
    unit: str
    scale: float
    digits: int
    is_accuracy: bool = True
    is_under_attack: bool = False
    is_logarithmic: bool = False

    @property
    def heading(self) -> str:
        return f"{self.title} ({self.unit})" if self.unit else self.title

    def words(self, value: float, std: float | None = None) -> str:
        """The value with its standard deviation, if it has one."""
        text = f"{self.scale * value:.{self.digits}f}"
        return text if std is None or np.isnan(std) else f"{text} ± {self.scale * std:.{self.digits}f}"


@kept(256)
def quantity(name: str) -> Quantity:
    """The number of a run called `name`, or accuracy under the attack of this name.

    Raises:
        InputError: neither a number nor an attack.
    """
    if name in CLEAN_TITLES:
        return Quantity(name, CLEAN_TITLES[name], "%", 100, 1)
    if name not in LAYER_NUMBERS:
        return Quantity(name, f"Under {attack_config(name).name}", "%", 100, 1, is_under_attack=True)
    one = LAYER_NUMBERS[name]
    if one.is_count:
        return Quantity(name, one.title, "%", 100, 1, is_accuracy=False)
    digits = one.digits - 1  # maps have little room
    return Quantity(name, one.title, one.unit, 1, digits, is_accuracy=False, is_logarithmic=one.is_logarithmic)


@remembered_by_identity
def sweep_frame(points: Sequence[GridPoint], reports: Mapping[str, RobustnessReport], layer: str) -> pd.DataFrame:
    """One row per run: RUN_COLUMNS and its numbers; NaN where a run has no such number or no tipping point.

    Args:
        reports: by run id, all under one protocol.

    Returns:
        tipping_point, running_away: of `layer`; reached: the weight at which a failed run was stopped.
    """
    runs = [run for point in points for run in point.runs]
    labels, rows = unique_labels(runs), []
    for point in points:
        for run in point.runs:
            tipping = tipping_point(run, layer)
            rows.append(
                {
                    "l1": point.l1_strength,
                    "mu": point.mu,
                    "seed": getattr(run.config, "seed", 0),
                    "run_id": run.run_id,
                    "label": labels[run.run_id],
                    "variant": run.config.variant,
                    "status": run.status,
                    "tipping_point": np.nan if tipping is None else tipping,
                    "running_away": is_running_away(run, layer),
                    "reached": reached(run.error) if run.status == "failed" else np.nan,
                    **(run_numbers(run, reports.get(run.run_id), layer) if run.status == "finished" else {}),
                }
            )
    names = list(dict.fromkeys(name for row in rows for name in row))
    return pd.DataFrame(rows, columns=names or RUN_COLUMNS)


def reached(error: str | None) -> float:
    """Weight in the error of a diverged run; NaN if the error has none, infinity if the weight was NaN."""
    found = re.search(r"diverged at step .* reached (\S+)$", error or "")
    if found is None:
        return np.nan
    value = abs(float(found[1]))
    return np.inf if np.isnan(value) else value


def quantities_of(frame: pd.DataFrame) -> list[str]:
    """Names of the numbers in a `sweep_frame`, weights first, then accuracies."""
    return [name for name in frame.columns if name not in RUN_COLUMNS]


@remembered_by_identity
def point_frame(frame: pd.DataFrame) -> pd.DataFrame:
    """One row per λ and μ of a `sweep_frame`, ascending.

    Returns:
        l1, mu, label, variant, tipping_point, runs (ids), seeds (as text), n (finished runs), away (finished runs whose
        weights run away), failed, reached (largest weight of failed runs). Then for each quantity its mean, its
        standard deviation over seeds as <quantity>_std (NaN for one seed), and its number of seeds as <quantity>_n.
    """
    names, groups = quantities_of(frame), defaultdict(list)
    for row in frame.sort_values(["l1", "mu"], kind="stable").to_dict("records"):
        groups[row["l1"], row["mu"]].append(row)
    return pd.DataFrame([_point(runs, names) for runs in groups.values()])


def _point(runs: Sequence[Mapping[str, Any]], names: Sequence[str]) -> dict[str, Any]:
    first, finished = runs[0], [run for run in runs if run["status"] == "finished"]
    weights = [run["reached"] for run in runs if not np.isnan(run["reached"])]
    point = {
        **{name: first[name] for name in ("l1", "mu", "variant", "tipping_point")},
        "label": point_label(first["l1"], first["mu"]),
        "runs": tuple(run["run_id"] for run in runs),
        "seeds": ", ".join(str(run["seed"]) for run in finished),
        "n": len(finished),
        "away": sum(run["running_away"] for run in finished),
        "failed": sum(run["status"] == "failed" for run in runs),
        "reached": max(weights, default=np.nan),
    }
    for name in names:
        values = [run[name] for run in finished if not np.isnan(run[name])]
        found = summarize_seeds(values) if values else None
        point[name] = found.mean if found else np.nan
        point[f"{name}_std"] = np.nan if found is None or found.std is None else found.std
        point[f"{name}_n"] = len(values)
    return point


def point_label(l1: float, mu: float) -> str:
    """Name of a point on the page."""
    return f"λ {l1:g}, μ {mu:g}".replace("-", "−")


@remembered_by_identity
def number_table(points: pd.DataFrame, quantities: Sequence[Quantity]) -> pd.DataFrame:
    """A `point_frame` for display: strengths and seeds, then each quantity as mean ± standard deviation."""
    table = {
        "λ": points["l1"],
        "μ": points["mu"],
        "λ/(2μ)": points["tipping_point"],
        "Seeds": points["n"],
        "Failed": points["failed"],
    }
    for one in quantities:
        pairs = zip(points[one.name], points[f"{one.name}_std"], strict=True)
        table[one.heading] = [MISSING if np.isnan(mean) else one.words(mean, std) for mean, std in pairs]
    return pd.DataFrame(table)


def growth_frame(frame: pd.DataFrame, histories: Mapping[str, Sequence[Mapping]], layer: str) -> pd.DataFrame:
    """Largest |w| over the epochs of the runs of a `sweep_frame`; of a long run about POINTS snapshots.

    Returns:
        run_id, label, variant, mu, tipping_point, epoch, largest_weight.
    """
    columns = ["run_id", "label", "variant", "mu", "tipping_point"]
    tables = []
    for row in frame.loc[:, columns].to_dict("records"):
        records = histories.get(str(row["run_id"]), ())
        largest = column(records, "largest_weight", layer)
        kept = telling([largest], POINTS)
        measured = {"epoch": column(records, "epoch")[kept], LARGEST_WEIGHT: largest[kept]}
        tables.append(pd.DataFrame({name: row[name] for name in columns} | measured, columns=[*columns, *measured]))
    whole = [table for table in tables if len(table)]
    return pd.concat(whole, ignore_index=True) if whole else pd.DataFrame(columns=[*columns, "epoch", LARGEST_WEIGHT])
