"""Numbers as people read them."""

import pytest

from engine.formatting import MISSING, byte_words, duration, epsilon_words, percent, pixel_range


def test_percent():
    assert (percent(0.98765), percent(0.0), percent(1.0), percent(None)) == ("98.8 %", "0.0 %", "100.0 %", MISSING)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.0, "1 s"), (1.6, "2 s"), (89.4, "89 s"), (90.0, "2 min"), (3000, "50 min"), (5400, "1.5 h"), (86400, "24.0 h")],
)
def test_durations_have_the_unit_that_people_use(seconds, words):
    assert duration(seconds) == words


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 kB"),
        (12_400_000, "12.4 MB"),
        (3 * 10**9, "3.0 GB"),
        (10**13, "10000.0 GB"),
    ],
)
def test_bytes_have_the_unit_that_fits(count, words):
    assert byte_words(count) == words


def test_pixels_of_several_channels_are_a_range():
    assert pixel_range((0.3,)) == pixel_range((0.30001, 0.29999)) == "0.3000"
    assert pixel_range((0.0074, 0.0061, 0.0078)) == "0.0061 to 0.0078"
    assert pixel_range((0.0074, 0.0061), "–") == "0.0061–0.0074"


def test_epsilon_is_told_in_pixels_where_it_is_in_another_unit():
    assert epsilon_words(0.3, "normalized", (0.09243,)) == "ε = 0.3 normalized (0.0924 in pixels)"
    assert epsilon_words(0.03, "normalized", (0.0074, 0.0061)) == "ε = 0.03 normalized (0.0061 to 0.0074 in pixels)"
    assert epsilon_words(0.1, "pixel", (0.1,)) == "ε = 0.1 pixel"
    assert epsilon_words(0.3, "normalized") == "ε = 0.3 normalized"
