"""Images as PNG: pixel by pixel what the array says."""

import io

import numpy as np
import pytest
from PIL import Image

from dashboard.figures.images import image_png, perturbation_png


def decode(png: bytes) -> np.ndarray:
    return np.array(Image.open(io.BytesIO(png)))


def test_image_keeps_every_pixel_a_square():
    pixels = decode(image_png(np.array([[0, 1], [0.5, 0.2]]), scale=3))
    expected = np.array([[0, 255], [128, 51]], np.uint8).repeat(3, 0).repeat(3, 1)
    np.testing.assert_array_equal(pixels, expected)


def test_color_image():
    pixels = decode(image_png(np.array([[[1, 0, 0.2]]], np.float32), scale=2))
    np.testing.assert_array_equal(pixels, np.full((2, 2, 3), (255, 0, 51), np.uint8))


@pytest.mark.parametrize("image", [np.full((2, 2), 1.1), np.full((2, 2), np.nan), np.zeros((1, 2, 2)), np.zeros(4)])
def test_what_is_no_image_is_refused(image):
    with pytest.raises(ValueError, match="expected"):
        image_png(image)


def test_perturbation_is_amplified_to_full_color_around_white():
    pixels = decode(perturbation_png(np.array([[-0.1, 0.0, 0.05, 0.1]]), scale=1))[0]
    blue, white, middle, red = pixels.tolist()
    assert (blue, white, red) == ([33, 102, 172], [247, 247, 247], [178, 24, 43])
    np.testing.assert_allclose(middle, (np.array(white) + red) / 2, atol=0.5)


def test_perturbations_with_one_limit_can_be_compared():
    small = decode(perturbation_png(np.full((1, 1), 0.1), limit=0.1, scale=1))
    assert small[0, 0].tolist() == [178, 24, 43]
    assert decode(perturbation_png(np.full((1, 1), 0.1), limit=0.2, scale=1))[0, 0].tolist() == [212, 136, 145]
    assert decode(perturbation_png(np.full((1, 1), 9.0), limit=0.2, scale=1))[0, 0].tolist() == [178, 24, 43]


def test_color_perturbation_is_shown_around_middle_gray():
    pixels = decode(perturbation_png(np.array([[[0.1, -0.1, 0.0]]]), scale=1))
    assert pixels[0, 0].tolist() == [255, 0, 128]


def test_no_perturbation_is_unchanged_everywhere():
    assert decode(perturbation_png(np.zeros((2, 2)), scale=1)).tolist() == [[[247] * 3] * 2] * 2
    with pytest.raises(ValueError, match="finite"):
        perturbation_png(np.full((2, 2), np.inf))
