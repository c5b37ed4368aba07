"""The colors can be told apart, by everyone and on both backgrounds."""

from itertools import combinations

import numpy as np
import pytest

from dashboard.figures.palette import (
    DARK,
    DARK_BACKGROUND,
    LIGHT_BACKGROUND,
    NEUTRAL,
    SEQUENCE,
    SHADES,
    SINGLE,
    run_colors,
    translucent,
    variant_color,
)

# Machado, Oliveira, Fernandes 2009, severity 1.0, on linear RGB.
VISION = {
    "normal": np.eye(3),
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
}


def linear_rgb(color: str) -> np.ndarray:
    encoded = np.array([int(color[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)


def oklab(linear: np.ndarray) -> np.ndarray:
    """Ottosson 2020; a distance of 0.02 is about the smallest that is seen."""
    cones = np.array(
        [
            [0.4122214708, 0.5363325363, 0.0514459929],
            [0.2119034982, 0.6806995451, 0.1073969566],
            [0.0883024619, 0.2817188376, 0.6299787005],
        ]
    )
    opponents = np.array(
        [
            [0.2104542553, 0.7936177850, -0.0040720468],
            [1.9779984951, -2.4285922050, 0.4505937099],
            [0.0259040371, 0.7827717662, -0.8086757660],
        ]
    )
    return opponents @ np.cbrt(cones @ linear.clip(0, 1))


def contrast(one: str, other: str) -> float:
    """WCAG 2 contrast ratio."""
    dark, light = sorted(float(linear_rgb(color) @ [0.2126, 0.7152, 0.0722]) for color in (one, other))
    return (light + 0.05) / (dark + 0.05)


def test_contrast_is_that_of_wcag():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


LIGHT_COLORS = [*(shade for shades in SHADES.values() for shade in shades), *SINGLE, *SEQUENCE]


def test_every_color_is_legible_on_its_page():
    assert min(contrast(color, LIGHT_BACKGROUND) for color in LIGHT_COLORS) >= 3
    assert min(contrast(DARK[color], DARK_BACKGROUND) for color in LIGHT_COLORS) >= 3
    assert min(contrast(NEUTRAL, background) for background in (LIGHT_BACKGROUND, DARK_BACKGROUND)) >= 3


def test_each_color_has_one_counterpart_on_the_dark_page():
    assert set(DARK) == set(LIGHT_COLORS) and len(LIGHT_COLORS) == len(DARK)
    assert len(set(DARK.values())) == len(DARK)


def seen_apart(colors, vision) -> float:
    """Smallest distance between two colors, as someone with this vision sees them."""
    seen = [oklab(VISION[vision] @ linear_rgb(color)) for color in colors]
    return min(np.linalg.norm(one - other) for one, other in combinations(seen, 2))


@pytest.mark.parametrize("vision", VISION)
def test_variants_are_told_apart(vision):
    assert seen_apart([variant_color(variant) for variant in SHADES], vision) > 0.115
    assert seen_apart([DARK[variant_color(variant)] for variant in SHADES], vision) > 0.16


@pytest.mark.parametrize("vision", VISION)
def test_single_runs_are_told_apart(vision):
    assert seen_apart(SINGLE, vision) > 0.13
    assert seen_apart([DARK[color] for color in SINGLE], vision) > 0.13


@pytest.mark.parametrize("variant", SHADES)
def test_runs_of_a_variant_are_told_apart(variant):
    for shades in (SHADES[variant], [DARK[color] for color in SHADES[variant]]):
        assert seen_apart(shades[:3], "normal") > 0.06
        assert seen_apart(shades, "normal") > 0.03


def test_the_sequence_grows_lighter():
    for colors in (SEQUENCE, [DARK[color] for color in SEQUENCE]):
        lightness = [oklab(linear_rgb(color))[0] for color in colors]
        assert lightness == sorted(lightness)


def test_a_runs_color_does_not_depend_on_later_runs():
    colors = run_colors(["std", "min-max", "std"])
    assert colors == [SHADES["std"][0], SHADES["min-max"][0], SHADES["std"][1]]
    assert run_colors(["std", "min-max", "std", "adv"])[:3] == colors


def test_more_runs_than_shades_begin_again():
    assert run_colors(["adv"] * 6)[5] == SHADES["adv"][0]


def test_an_unknown_variant_is_refused():
    with pytest.raises(KeyError):
        run_colors(["std", "nonsense"])


def test_translucent():
    assert translucent("#ff8000", 0.25) == "rgba(255, 128, 0, 0.25)"
