"""Marks on a map of λ × μ: cells whose weights may run away, did run away, or whose runs failed."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

BOUNDARY = "#d6249f"
"""Color of the boundary, legible on both backgrounds and unlike any cell."""

Place = tuple[float | None, float | None]


def boundary_line(l1s: Sequence[float], mus: Sequence[float], initial: float) -> list[Place]:
    """Edges between cells in which some weight is pushed outward from the first step and cells in which none is.

    Some weight is pushed outward if μ is positive and λ/(2μ) is below `initial`, the largest initial |w|.

    Returns:
        Vertices (x, y) of polylines in units of cells, separated by (None, None).
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
    """Traces, without axes, that mark cells with weights beyond the tipping point and cells with failed runs."""
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
            "name": "largest |w| ends beyond λ/(2μ)",
            "legendgroup": "away",
        },
        {
            **_dots(crosses, "x", 12),
            "mode": "markers+text",
            "text": words,
            "textposition": "bottom center",
            "name": "failed runs, with the largest |w| if weights ran away",
            "legendgroup": "failed",
        },
    ]


def _places(points: pd.DataFrame, l1s: list[float], mus: list[float]) -> np.ndarray:
    """Column and row of each point, shape (n, 2)."""
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
        "name": "right of the line, the first step pushes some weights outward",
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
