"""Accuracy against epsilon by run or by group of seeds, and summary numbers of each curve."""

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
    """Groups of runs that share a line, by the first run's id: runs that differ only in the seed, or single runs."""
    present = [run for run in runs if run.run_id in curves]
    return seed_groups(present) if together else {run.run_id: [run] for run in present}


def curve_frame(groups: Mapping[str, Sequence[RunOverview]], curves: Mapping[str, RobustnessCurve]) -> pd.DataFrame:
    """One row per group of `curve_groups` and epsilon, ascending from 0: run_id, label, variant, and CURVE.

    accuracy: in [0, 1], mean over the seeds; 0 after the end of a curve that reached 0.
    low, high: 95 % Wilson interval over images for one run, mean -/+ standard deviation (ddof 1) for several.
    pixel_epsilon: epsilon in pixels, of the first channel. seeds: runs in the group; n: images per run.

    Args:
        curves: run_id -> curve, all measured with the same settings.
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
    """One row per group of `curve_groups`: run_id, label, variant, and SUMMARY; NaN for an epsilon that is not reached.

    half_epsilon: epsilon at half of the clean accuracy, mean over seeds; NaN if a seed never loses half.
    half_std: standard deviation over seeds (ddof 1), NaN for one seed; half_pixels: the mean in pixels, first channel.
    gone_epsilon: smallest epsilon at which all seeds have lost every image.
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

    epsilon: largest perturbation of the background without effect, in the curve's unit; pixel, error: in pixels.
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
