"""One color per variant, on every page and in every chart.

The six first shades maximize the smallest distance between two of them (OKLab, with Machado's simulation of
deuteranopia and protanopia), among hues with a contrast of at least 3:1 on both page backgrounds.
`tests/dashboard/figures/test_palette.py` checks this.
"""

from collections import Counter
from collections.abc import Sequence

LIGHT_BACKGROUND = "#ffffff"
DARK_BACKGROUND = "#0e1117"

# Shades of one hue, ordered so that the first ones differ most; with more runs than shades, they repeat.
SHADES = {
    "std": ("#62686e", "#8e959b", "#787e84", "#838a90", "#6d7379"),
    "std+l1": ("#5494e4", "#2061ad", "#3a7ac8", "#2d6dba", "#4787d6"),
    "std+l2": ("#27a280", "#046e55", "#0a886a", "#077b5f", "#0e9674"),
    "adv": ("#d07504", "#925002", "#b06308", "#a15906", "#c06c07"),
    "min-max": ("#c5101d", "#fe5d56", "#e33a38", "#f14c47", "#d4282b"),
    "custom": ("#8749c4", "#b477f6", "#9d60dd", "#a96cea", "#9255d0"),
}

# Legible on both backgrounds; used for guides, cursors and shared outlines, which belong to no run.
NEUTRAL = "#7f858c"


def variant_color(variant: str) -> str:
    """First shade of a variant, as #rrggbb.

    Raises:
        KeyError: the variant has no shades.
    """
    return SHADES[variant][0]


def run_colors(variants: Sequence[str]) -> list[str]:
    """One #rrggbb per run: the hue shows the variant, the shade distinguishes its runs.

    A run's color depends only on the runs before it, so that appending a run changes no color.
    """
    seen: Counter[str] = Counter()
    colors = []
    for variant in variants:
        shades = SHADES[variant]
        colors.append(shades[seen[variant] % len(shades)])
        seen[variant] += 1
    return colors


def translucent(color: str, opacity: float) -> str:
    """'#rrggbb' as 'rgba(r, g, b, opacity)'."""
    red, green, blue = (int(color[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red}, {green}, {blue}, {opacity:g})"
