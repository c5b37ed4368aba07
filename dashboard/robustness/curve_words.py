"""Titles, notes and table columns for curves of accuracy against epsilon."""

import pandas as pd

from engine.formatting import MISSING
from engine.robustness.curve import RobustnessCurve

UNITS = {"pixel": "pixels", "normalized": "normalized"}


def threshold_words(lines: pd.DataFrame) -> str:
    """Explanation of the dashed threshold lines and their error."""
    words = (
        "Dashed lines, thresholds: after its ReLU, a first-convolution filter with one dominant weight only shows "
        "whether one pixel is beyond a threshold."
    )
    for kind, rows in lines.groupby(lines["label"] + ": " + lines["protects"], sort=False):
        pixels = " and ".join(f"{value:.4f}" for value in sorted(rows["pixel"]))
        side = "below" if rows["protects"].iloc[0] == "black" else "above"
        words += f" {kind} background has no effect while it stays {side} {pixels} (in pixels)."
    return (
        f"{words} This protection ends where ε exceeds the line. Neglecting the filter's other weights shifts a "
        f"threshold by at most {lines['error'].max():.2g}. Filters without a dominant weight have no threshold."
    )


def way_title(curve: RobustnessCurve) -> str:
    """Title of a curve: attack, steps, number of images and seed."""
    if curve.attack.minimizes:
        steps = f"distances found ({curve.threat.norm}, pixels)"
    else:
        steps = f"steps of {curve.threat.epsilon:g} {curve.threat.unit} in {curve.threat.norm}"
    return f"{curve.attack.name}, {steps}, n = {curve.n}, seed {curve.seed}"


def epsilon_title(curve: RobustnessCurve) -> str:
    """Axis title: epsilon, its norm and unit, and the conversion to pixels."""
    title = f"ε ({curve.threat.norm}, {UNITS[curve.threat.unit]}"
    if curve.threat.unit == "pixel":
        return f"{title})"
    scales = " / ".join(f"{scale:g}" for scale in dict.fromkeys(curve.pixel_scale))
    return f"{title}; 1 is {scales} in pixels)"


def readable(summary: pd.DataFrame, lines: pd.DataFrame, first: RobustnessCurve) -> pd.DataFrame:
    """The summary with the column titles of the page; epsilon also in pixels if its unit is another."""
    table = pd.DataFrame({"Run": summary["label"], "Clean (%)": 100 * summary["clean_accuracy"]})
    table["Half of accuracy lost at ε"] = summary["half_epsilon"]
    if max(summary["seeds"]) > 1:
        table["± over seeds"] = summary["half_std"]
    if first.threat.unit != "pixel":
        table["in pixels"] = summary["half_pixels"]
    table["All accuracy lost at ε"] = summary["gone_epsilon"]
    for side in dict.fromkeys(lines["protects"]):
        rows = lines[lines["protects"] == side]
        table[f"Threshold in pixels ({side})"] = [
            ", ".join(f"{pixel:.4f}" for pixel in sorted(rows[rows["run_id"] == run_id]["pixel"])) or MISSING
            for run_id in summary["run_id"]
        ]
    table["n"] = summary["n"]
    return table
