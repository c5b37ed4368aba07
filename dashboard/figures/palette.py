"""Colors of runs: a hue per variant with shades, eight colors for single runs, and a sequence for numbers.

Figures carry the colors for the light page; the browser replaces each by its counterpart in `DARK` on the dark page.
The first shade of each variant, and the eight colors, maximize the smallest distance between two of them (OKLab, with
Machado's simulation of deuteranopia and protanopia) among colors with a contrast of at least 3:1 to their page.
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
DARK_SHADES = {
    "std": ("#d7dee5", "#5d6369", "#979ea4", "#b6bdc4", "#798086"),
    "std+l1": ("#5473f2", "#afc4fe", "#7f9dff", "#3d56d3", "#97b1fe"),
    "std+l2": ("#009487", "#66d7c9", "#016e64", "#3fb5a7", "#098075"),
    "adv": ("#ffaf3e", "#885703", "#c58004", "#e49617", "#a76c03"),
    "min-max": ("#ff2310", "#feb1a3", "#c41103", "#fd7b68", "#e11c0b"),
    "custom": ("#bda4fd", "#6e54a5", "#947bd0", "#ccbbfe", "#8067ba"),
}

SINGLE = ("#3b9302", "#3e07bf", "#e86d87", "#41361c", "#767df1", "#c3439d", "#615c46", "#612671")
DARK_SINGLE = ("#a2cbf8", "#6143db", "#cc9b92", "#ca6222", "#5291fe", "#b867a8", "#f4c43c", "#8b4e5c")
"""Eight colors, each for one run whatever its variant."""

SEQUENCE = ("#440154", "#471f70", "#433981", "#3a528a", "#306a8e", "#287e8e", "#22938b", "#27a783")
DARK_SEQUENCE = ("#32658e", "#287c8f", "#22948b", "#2aab81", "#4bc06c", "#81d24c", "#bedf2a", "#fde725")
"""Colors for increasing numbers: the part of viridis that is legible on the page."""

DARK = {
    light: dark
    for lights, darks in (
        *((SHADES[variant], DARK_SHADES[variant]) for variant in SHADES),
        (SINGLE, DARK_SINGLE),
        (SEQUENCE, DARK_SEQUENCE),
    )
    for light, dark in zip(lights, darks, strict=True)
}
"""Color on the light page -> its counterpart on the dark page."""

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
