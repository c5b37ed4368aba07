"""The effect of the penalty on a single weight, and the simulation of Theorem 1, as tables."""

import numpy as np
import pandas as pd

from dashboard.frames.tables import thin
from engine.minmax.flow import adam_paths, flow_paths, time_to_zero, weight_force, weight_penalty
from engine.minmax.fuzziness import fuzziness, membership
from engine.minmax.gradients import Comparison
from engine.minmax.theorem import UNIFORM_VARIANCE, bernoulli

Numbers = float | np.ndarray
NOISE = "within noise"
POINTS = 241
POINTS_PER_PATH = 200
Z = 1.96
"""Standard errors on each side of a 95 % interval."""


def penalty_frame(l1_strength: float, l2_strength: float, farthest: float) -> pd.DataFrame:
    """Columns size (|w| from 0 to `farthest`), penalty, paper (lambda M(w), i.e. mu = lambda) and force.

    force: on a positive weight, positive outward; at size 0, its limit from above.
    """
    sizes = np.linspace(0.0, farthest, POINTS)
    force = weight_force(np.maximum(sizes, np.finfo(float).tiny), l1_strength, l2_strength)
    paper = weight_penalty(sizes, l1_strength, -l1_strength)
    penalty = weight_penalty(sizes, l1_strength, l2_strength)
    return pd.DataFrame({"size": sizes, "penalty": penalty, "paper": paper, "force": force})


def fuzziness_frame(nearest: float, farthest: float) -> pd.DataFrame:
    """Columns size (|w| from `nearest` to `farthest`, log-spaced), membership, and fuzziness of one weight (nats)."""
    sizes = np.geomspace(nearest, farthest, POINTS)
    return pd.DataFrame(
        {"size": sizes, "membership": membership(sizes), "fuzziness": fuzziness(sizes.reshape(-1, 1))},
    )


def starting_sizes(tipping_point: float | None, largest_start: float) -> np.ndarray:
    """Initial |w| on both sides of the tipping point, including `largest_start`; ascending."""
    if tipping_point:
        fan = tipping_point * np.array([0.2, 0.4, 0.6, 0.8, 0.95, 1.05, 1.2, 1.4, 1.6])
    else:
        fan = largest_start * np.array([0.05, 0.1, 0.2, 0.4, 0.6, 0.8])
    return np.sort(np.append(fan[~np.isclose(fan, largest_start)], largest_start))


def weight_paths(
    starts: np.ndarray, steps: int, learning_rate: float, l1_strength: float, l2_strength: float, with_adam: bool
) -> np.ndarray:
    """|w| after 0, 1, ..., `steps` steps of Adam, or of gradient flow over the same time; shape (steps + 1, starts)."""
    if with_adam:
        return np.abs(adam_paths(starts, steps, learning_rate, l1_strength, l2_strength))
    return flow_paths(starts, learning_rate * np.arange(steps + 1), l1_strength, l2_strength)


def path_frame(paths: np.ndarray, limit: float) -> pd.DataFrame:
    """One row per start and step, thinned: start, step, size; without sizes above `limit`."""
    kept = thin(len(paths), POINTS_PER_PATH)
    sizes = paths[kept].T.ravel()
    inside = sizes <= limit
    starts, steps = np.repeat(paths[0], len(kept)), np.tile(kept, paths.shape[1])
    return pd.DataFrame({"start": starts[inside], "step": steps[inside], "size": sizes[inside]})


def fate_frame(
    paths: np.ndarray, learning_rate: float, l1_strength: float, l2_strength: float, with_adam: bool
) -> pd.DataFrame:
    """One row per start: start, force, arrival, end, fuzziness_start, fuzziness_end.

    arrival: first step at 0 (with Adam, within one learning rate of 0, among the steps taken); NaN if never reached.
    """
    starts, ends = paths[0], paths[-1]
    if with_adam:
        near = paths <= learning_rate
        arrival = np.where(near.any(axis=0), near.argmax(axis=0), np.nan)
    else:
        arrival = np.ceil(time_to_zero(starts, l1_strength, l2_strength) / learning_rate)
    return pd.DataFrame(
        {
            "start": starts,
            "force": weight_force(starts, l1_strength, l2_strength),
            "arrival": np.where(np.isfinite(arrival), arrival, np.nan),
            "end": ends,
            "fuzziness_start": fuzziness(starts.reshape(-1, 1)),
            "fuzziness_end": fuzziness(np.minimum(ends, np.finfo(float).max).reshape(-1, 1)),
        }
    )


def theorem_frame(
    p1: np.ndarray,
    found: Comparison,
    expansion: tuple[Numbers, Numbers],
    exact: tuple[Numbers | None, Numbers | None],
) -> pd.DataFrame:
    """One row per p1: estimate, 95 % interval, small-input form and exact value of each model, and the verdicts.

    Columns p1, then for each model in (uniform, bernoulli) `<model>`, `_low`, `_high`, `_expansion`, `_exact` (NaN if
    unknown); difference (b - a), difference_error (half its 95 % interval); verdict: "holds" where b is not larger,
    "fails", or "within noise", by the exact values where both are known; predicted: by p1 (1 - p1) < 1/12.

    Args:
        p1: (k,), ascending.
        found: result of `simulate` at these p1.
        expansion, exact: a scalar for model a, shape (k,) for model b.
    """
    frame = pd.DataFrame({"p1": p1})
    for name, estimate, small, truth in zip(
        ("uniform", "bernoulli"), (found.uniform, found.bernoulli), expansion, exact, strict=True
    ):
        frame[name] = estimate.mean
        frame[f"{name}_low"] = estimate.mean - Z * estimate.error
        frame[f"{name}_high"] = estimate.mean + Z * estimate.error
        frame[f"{name}_expansion"] = small
        frame[f"{name}_exact"] = np.nan if truth is None else truth
    frame["difference"], frame["difference_error"] = found.difference.mean, Z * found.difference.error
    known = frame["bernoulli_exact"] - frame["uniform_exact"]
    best = known.fillna(frame["difference"])
    is_clear = known.notna() | (frame["difference"].abs() > frame["difference_error"])
    frame["verdict"] = np.where(is_clear, np.where(best <= 0.0, "holds", "fails"), NOISE)
    frame["predicted"] = np.where(np.asarray(bernoulli(p1).variance) < UNIFORM_VARIANCE, "holds", "fails")
    return frame
