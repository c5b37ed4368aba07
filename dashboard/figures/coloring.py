"""Styles of runs in charts: what the color stands for, and a dash where runs share it."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import pandas as pd

from dashboard.figures.palette import NEUTRAL, SEQUENCE, SINGLE, run_colors
from engine.queue.overview import RunOverview
from engine.runs.config import RunConfig

DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot", "2px,6px", "12px,3px,2px,3px,2px,3px")


class Style(NamedTuple):
    """Color as #rrggbb for the light page, and Plotly's dash of lines."""

    color: str
    dash: str = "solid"


Styles = Mapping[str, Style]
"""run_id -> style."""

NUMBERS: dict[str, Callable[[RunConfig], float]] = {
    "λ": lambda config: config.objective.l1_strength,
    "μ": lambda config: -config.objective.l2_strength,
    "Seed": lambda config: config.seed,
}
COLOR_BY = ("Variant", "Run", *NUMBERS)
"""What colors can stand for."""


def run_styles(runs: Sequence[RunOverview], by: str = "Variant") -> dict[str, Style]:
    """run_id -> style; no two of up to eight runs have the same one.

    Args:
        by: one of COLOR_BY. Numbers are placed on a sequence of colors by their rank among the runs; a run without the
            number, as imported weights, is neutral.
    """
    keys, colors = _colors(runs, by)
    seen: Counter[object] = Counter()
    styles = {}
    for run, key, color in zip(runs, keys, colors, strict=True):
        styles[run.run_id] = Style(color, DASHES[seen[key] % len(DASHES)])
        seen[key] += 1
    return styles


def _colors(runs: Sequence[RunOverview], by: str) -> tuple[Sequence[object], Sequence[str]]:
    """What each run has in common with those that it is told apart from by a dash, and its color."""
    if by == "Variant":
        variants = [run.config.variant for run in runs]
        return variants, run_colors(variants)
    if by == "Run":
        return [place // len(SINGLE) for place in range(len(runs))], [SINGLE[i % len(SINGLE)] for i in range(len(runs))]
    numbers = [NUMBERS[by](run.config) if isinstance(run.config, RunConfig) else None for run in runs]
    known = sorted({number for number in numbers if number is not None})
    last = max(len(known) - 1, 1)
    sequence = {number: SEQUENCE[round(rank / last * (len(SEQUENCE) - 1))] for rank, number in enumerate(known)}
    return numbers, [NEUTRAL if number is None else sequence[number] for number in numbers]


def painted(frame: pd.DataFrame, styles: Styles) -> pd.DataFrame:
    """The table with the columns `color` and `dash`, which figures use instead of the variant's color.

    Args:
        frame: has the column `run_id`.
    """
    if not styles:
        return frame
    default = Style("")
    found = [styles.get(str(run_id), default) for run_id in frame["run_id"].tolist()]
    return frame.assign(color=[style.color for style in found], dash=[style.dash for style in found])
