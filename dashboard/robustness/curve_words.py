"""Curves of accuracy against epsilon in words, and in the columns of a table."""

import pandas as pd

from engine.formatting import MISSING
from engine.robustness.curve import RobustnessCurve

UNITS = {"pixel": "pixels", "normalized": "normalized"}


def threshold_words(lines: pd.DataFrame) -> str:
    """What the dashed lines are, and how far to trust them."""
    words = (
        "Dashed, threshold: a filter of the first convolution with one dominant weight tells, after its ReLU, only "
        "whether one pixel is beyond a threshold."
    )
    for kind, rows in lines.groupby(lines["label"] + ": " + lines["protects"], sort=False):
        pixels = " and ".join(f"{value:.4f}" for value in sorted(rows["pixel"]))
        side = "below" if rows["protects"].iloc[0] == "black" else "above"
        words += f" {kind} background is not seen while it stays {side} {pixels} (in pixels)."
    return (
        f"{words} Where ε passes the line this protection ends. The filter's other weights are neglected, which moves "
        f"a threshold by {lines['error'].max():.2g} at most; filters without a dominant weight have none."
    )


def way_title(curve: RobustnessCurve) -> str:
    """Attack, steps, images and seed, as people say it."""
    if curve.attack.minimizes:
        steps = f"distances found ({curve.threat.norm}, pixels)"
    else:
        steps = f"steps of {curve.threat.epsilon:g} {curve.threat.unit} in {curve.threat.norm}"
    return f"{curve.attack.name}, {steps}, n = {curve.n}, seed {curve.seed}"


def epsilon_title(curve: RobustnessCurve) -> str:
    """Epsilon with its unit, and what that is in pixels."""
    title = f"ε ({curve.threat.norm}, {UNITS[curve.threat.unit]}"
    if curve.threat.unit == "pixel":
        return f"{title})"
    scales = " / ".join(f"{scale:g}" for scale in dict.fromkeys(curve.pixel_scale))
    return f"{title}; 1 is {scales} in pixels)"


def readable(summary: pd.DataFrame, lines: pd.DataFrame, first: RobustnessCurve) -> pd.DataFrame:
    """The summary with columns for people; epsilon in pixels too, where that is another unit."""
    table = pd.DataFrame({"Run": summary["label"], "Clean (%)": 100 * summary["clean_accuracy"]})
    table["Half gone at ε"] = summary["half_epsilon"]
    if max(summary["seeds"]) > 1:
        table["± over seeds"] = summary["half_std"]
    if first.threat.unit != "pixel":
        table["the same in pixels"] = summary["half_pixels"]
    table["Nothing left at ε"] = summary["gone_epsilon"]
    for side in dict.fromkeys(lines["protects"]):
        rows = lines[lines["protects"] == side]
        table[f"Threshold in pixels ({side})"] = [
            ", ".join(f"{pixel:.4f}" for pixel in sorted(rows[rows["run_id"] == run_id]["pixel"])) or MISSING
            for run_id in summary["run_id"]
        ]
    table["n"] = summary["n"]
    return table
