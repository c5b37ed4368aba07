"""What a map of λ × μ says of weights that run away: where they would, where they did, and what was given up."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

BOUNDARY = "#d6249f"
"""Legible on both backgrounds, and unlike any cell."""

Place = tuple[float | None, float | None]


def boundary_line(l1s: Sequence[float], mus: Sequence[float], initial: float) -> list[Place]:
    """Edges between cells where some weight is pushed outwards from the first step and cells where none is.

    A cell is of the former when its μ is positive and λ/(2μ) below `initial`, the largest |w| at the beginning.

    Returns:
        (x, y) of polylines in places of cells, (None, None) between them.
    """
    outward = [[mu > 0 and l1 / (2 * mu) < initial for mu in mus] for l1 in l1s]
    line: list[Place] = []
    for row in range(len(l1s)):
        for column in range(len(mus)):
            here = outward[row][column]
            if column + 1 < len(mus) and outward[row][column + 1] != here:
                line += [(column + 0.5, row - 0.5), (column + 0.5, row + 0.5), (None, None)]
            if row + 1 < len(l1s) and outward[row + 1][column] != here:
                line += [(column - 0.5, row + 0.5), (column + 0.5, row + 0.5), (None, None)]
    return line


def runaway_marks(points: pd.DataFrame, l1s: list[float], mus: list[float]) -> list[dict]:
    """Traces, without axes, of cells whose weights lie beyond the tipping point, and of failed ones."""
    away, crossed = points.loc[points["away"] > 0], points.loc[points["failed"] > 0]
    alone = (crossed["n"] == 0).to_numpy(bool)
    crosses = _places(crossed, l1s, mus)
    crosses = np.where(alone[:, None], crosses + [0, 0.17], crosses + [-0.36, 0.3])
    words = [f"|w| {value:.3g}" if one and not np.isnan(value) else "" for one, value in zip(
        alone, crossed["reached"], strict=True)]  # fmt: skip
    return [
        {
            **_dots(_places(away, l1s, mus) + [0.37, 0.3], "triangle-up", 9),
            "marker": {
                "symbol": "triangle-up",
                "size": 9,
                "color": "#ffffff",
                "line": {"color": "#000000", "width": 1},
            },
            "name": "at the end beyond λ/(2μ): pushed outwards",
            "legendgroup": "away",
        },
        {
            **_dots(crosses, "x", 12),
            "mode": "markers+text",
            "text": words,
            "textposition": "bottom center",
            "name": "failed; with |w| where a weight ran away",
            "legendgroup": "failed",
        },
    ]


def _places(points: pd.DataFrame, l1s: list[float], mus: list[float]) -> np.ndarray:
    """(n, 2): column and row of each point."""
    pairs = zip(points["mu"], points["l1"], strict=True)
    return np.array([(mus.index(mu), l1s.index(l1)) for mu, l1 in pairs], float).reshape(-1, 2)


def _dots(places: np.ndarray, symbol: str, size: int) -> dict:
    return {
        "type": "scatter",
        "mode": "markers",
        "x": places[:, 0].tolist(),
        "y": places[:, 1].tolist(),
        "marker": {"symbol": symbol, "size": size, "color": BOUNDARY},
        "hoverinfo": "skip",
    }


def overlays(marks: Sequence[dict], boundary: Sequence[Place], axis: str, is_first: bool) -> list[dict]:
    line = {
        "type": "scatter",
        "mode": "lines",
        "x": [x for x, _ in boundary],
        "y": [y for _, y in boundary],
        "line": {"color": BOUNDARY, "width": 3},
        "hoverinfo": "skip",
        "name": "right of it, the first step pushes some weights outwards",
        "legendgroup": "boundary",
    }
    return [
        {
            **trace,
            "uid": f"{trace['legendgroup']}-{axis}",
            "xaxis": f"x{axis}",
            "yaxis": f"y{axis}",
            "showlegend": is_first,
        }
        for trace in (line, *marks)
        if trace["x"]
    ]
