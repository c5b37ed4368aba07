"""Weights of two runs as figures take them: over epochs, one by one, and as kernels."""

import numpy as np
import pandas as pd

RUNS = [("r1", "Std, seed 0", "std"), ("r2+", "Min-Max <b>mine</b>", "min-max")]


LABELS = ["Std, seed 0", "Min-Max &lt;b&gt;mine&lt;/b&gt;"]


EDGES = np.linspace(-1, 1, 5)


COUNTS = {"r1": [[0, 5, 5, 0], [1, 4, 4, 1], [3, 2, 2, 3]], "r2+": [[0, 5, 5, 0], [0, 9, 0, 1]]}


def who(run) -> dict:
    return dict(zip(("run_id", "label", "variant"), run, strict=True))


def density_table(runs=RUNS) -> pd.DataFrame:
    return pd.concat(
        pd.DataFrame(who(run) | {"epoch": 0.5 * index, "left": EDGES[:-1], "right": EDGES[1:], "count": counts})
        for run in runs
        for index, counts in enumerate(COUNTS.get(run[0], COUNTS["r1"]))
    )


def weight_table(n: int = 6, runs=RUNS) -> pd.DataFrame:
    tables = []
    for scale, run in enumerate(runs, start=1):
        weight = scale * np.random.default_rng(scale).normal(size=n)
        columns = {"index": np.arange(n), "weight": weight, "membership": 1 / (1 + np.abs(weight))}
        tables.append(pd.DataFrame(who(run) | columns))
    return pd.concat(tables)


def kernels(scale: float, shape=(3, 2, 4, 5)) -> np.ndarray:
    return scale * np.random.default_rng(7).normal(size=shape)


def kernel_table(runs=RUNS, shape=(3, 2, 4, 5)) -> pd.DataFrame:
    tables = []
    for scale, run in enumerate(runs, start=1):
        where = dict(zip(("output", "input", "row", "column"), np.indices(shape).reshape(4, -1), strict=True))
        tables.append(pd.DataFrame(who(run) | where | {"weight": kernels(scale, shape).ravel()}))
    return pd.concat(tables)
