"""Tables of two runs, as figures take them; the label of the second is not safe to show."""

import numpy as np
import pandas as pd

RUNS = [("r1", "Std, seed 0", "std"), ("r2+", "Min-Max <b>mine</b>", "min-max")]


def counts_table(initial=((1, 2, 3, 4), (1, 2, 3, 4))) -> pd.DataFrame:
    edges, now = np.array([-1, -0.5, 0, 0.5, 1]), ((0, 5, 5, 0), (2, 0, 7, 1))
    return pd.concat(
        pd.DataFrame(
            {"run_id": run_id, "label": label, "variant": variant, "left": edges[:-1], "right": edges[1:]}
            | {"count": now[i], "initial_count": initial[i]}
        )
        for i, (run_id, label, variant) in enumerate(RUNS)
    )


def history_table(epochs: int = 5) -> pd.DataFrame:
    epoch = np.arange(epochs, dtype=float)
    return pd.concat(
        pd.DataFrame(
            {"run_id": run_id, "label": label, "variant": variant, "epoch": epoch}
            | {"fuzziness": 0.4 - 0.01 * epoch - 0.1 * i, "near_zero": np.arange(epochs) + i}
            | {"loss": 2 / (1 + epoch), "clean_accuracy": 0.9 + 0 * epoch}
            | {"robust_accuracy": np.where(epoch % 2 == 0, 0.5 + 0.01 * epoch, np.nan)}
        )
        for i, (run_id, label, variant) in enumerate(RUNS)
    )


def robustness_table() -> pd.DataFrame:
    accuracy = {"FGSM": (0.8, 0.95), "none": (0.98, 0.97), "CW": (0.0, 0.5)}
    return pd.DataFrame(
        {"run_id": run_id, "label": label, "variant": variant, "attack": attack, "robust_accuracy": values[i]}
        for attack, values in accuracy.items()
        for i, (run_id, label, variant) in enumerate(RUNS)
    )
