"""Accuracy against epsilon, run below run or seeds together; and the few numbers a curve comes down to."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from dashboard.frames.labels import group_labels
from dashboard.frames.tables import IDENTITY
from engine.minmax.threshold import PixelThreshold
from engine.queue.overview import RunOverview
from engine.robustness.curve import RobustnessCurve
from engine.robustness.statistics import wilson_interval
from engine.studies.pairing import seed_groups

CURVE = ("epsilon", "pixel_epsilon", "accuracy", "low", "high", "seeds", "n")
SUMMARY = ("n", "seeds", "clean_accuracy", "half_epsilon", "half_std", "half_pixels", "gone_epsilon")
THRESHOLD = ("epsilon", "pixel", "protects", "error")


def curve_groups(
    runs: Sequence[RunOverview], curves: Mapping[str, RobustnessCurve], together: bool
) -> dict[str, list[RunOverview]]:
    """What is one line: runs that differ in the seed alone, or each run that has a curve; by their first's run_id."""
    present = [run for run in runs if run.run_id in curves]
    return seed_groups(present) if together else {run.run_id: [run] for run in present}


def curve_frame(groups: Mapping[str, Sequence[RunOverview]], curves: Mapping[str, RobustnessCurve]) -> pd.DataFrame:
    """One row per group of `curve_groups` and epsilon, ascending from 0: run_id, label, variant, and CURVE.

    accuracy: in [0, 1]; mean over the seeds. Where all are lost it stays 0.
    low, high: of one run the 95 % interval over images (Wilson), of several mean -/+ standard deviation (ddof 1).
    pixel_epsilon: of the first channel. seeds: runs in the group; n: images of each.

    Args:
        curves: run_id -> curve, all taken in the same way.
    """
    tables = []
    for who, group in _identities(groups):
        members = [curves[run.run_id] for run in group]
        epsilons = np.array(sorted({epsilon for curve in members for epsilon in curve.epsilons}))
        counts, n = np.stack([curve.survivors_at(epsilons.tolist()) for curve in members]), members[0].n
        mean = counts.mean(axis=0) / n
        if len(members) == 1:
            low, high = wilson_interval(counts[0], n)
        else:
            spread = counts.std(axis=0, ddof=1) / n
            low, high = mean - spread, mean + spread
        numbers = (epsilons, epsilons * members[0].pixel_scale[0], mean, low, high, len(members), n)
        tables.append(pd.DataFrame(who | dict(zip(CURVE, numbers, strict=True))))
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=[*IDENTITY, *CURVE])


def curve_summary(groups: Mapping[str, Sequence[RunOverview]], curves: Mapping[str, RobustnessCurve]) -> pd.DataFrame:
    """One row per group of `curve_groups`: run_id, label, variant, and SUMMARY; NaN for what never happens.

    half_epsilon: mean over the seeds, NaN where one of them never loses half; half_std: their standard deviation
        (ddof 1), NaN for one. half_pixels: the mean in pixels, of the first channel.
    gone_epsilon: the largest of the seeds', at which nothing is left of any.
    """
    rows = []
    for who, group in _identities(groups):
        members = [curves[run.run_id] for run in group]
        halves = np.array([curve.half_epsilon for curve in members], float)
        gone = np.array([curve.gone_epsilon for curve in members], float)
        numbers = (
            members[0].n,
            len(members),
            float(np.mean([curve.clean_accuracy for curve in members])),
            halves.mean(),
            halves.std(ddof=1) if len(members) > 1 else np.nan,
            halves.mean() * members[0].pixel_scale[0],
            gone.max(),
        )
        rows.append(who | dict(zip(SUMMARY, numbers, strict=True)))
    return pd.DataFrame(rows, columns=[*IDENTITY, *SUMMARY])


def threshold_frame(
    groups: Mapping[str, Sequence[RunOverview]],
    curves: Mapping[str, RobustnessCurve],
    thresholds: Mapping[str, Sequence[PixelThreshold]],
) -> pd.DataFrame:
    """One row per threshold of any run of the groups: run_id (of its group), label, variant, and THRESHOLD.

    epsilon: in the unit of the run's curve, how far the background may be perturbed; pixel, error: in pixels.
    """
    rows = [
        who
        | {
            "epsilon": found.epsilon / curves[run.run_id].pixel_scale[found.channel],
            "pixel": found.pixel,
            "protects": found.protects,
            "error": found.error,
        }
        for who, group in _identities(groups)
        for run in group
        for found in thresholds.get(run.run_id, ())
    ]
    return pd.DataFrame(rows, columns=[*IDENTITY, *THRESHOLD])


def _identities(
    groups: Mapping[str, Sequence[RunOverview]],
) -> list[tuple[dict[str, str], Sequence[RunOverview]]]:
    labels = group_labels(groups)
    return [
        ({"run_id": run_id, "label": labels[run_id], "variant": group[0].config.variant}, group)
        for run_id, group in groups.items()
    ]
