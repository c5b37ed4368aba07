"""Images of users: any file gives an image in the format of the data set, or an error of one sentence."""

import io
import struct
import zlib
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image

from engine.data.catalog import DATASETS
from engine.data.fitting import FORMATS, LONGEST_SIDE, fit_image, read_image
from engine.data.sources import Dataset, load_dataset
from engine.errors import InputError
from engine.models.architectures import build_model

MNIST, FASHION, CIFAR = DATASETS["mnist"], DATASETS["fashion-mnist"], DATASETS["cifar10"]
RED, BLUE = (200, 30, 40), (20, 40, 180)


def encoded(pixels: np.ndarray | Image.Image, kind: str = "PNG", **options) -> bytes:
    image = pixels if isinstance(pixels, Image.Image) else Image.fromarray(pixels)
    content = io.BytesIO()
    image.save(content, kind, **options)
    return content.getvalue()


def two_colors(height: int = 30, width: int = 50) -> np.ndarray:
    """An image with a red left half and a blue right half."""
    pixels = np.full((height, width, 3), RED, np.uint8)
    pixels[:, width // 2 :] = BLUE
    return pixels


# reading


@pytest.mark.parametrize("kind", FORMATS)
def test_every_format_is_read(kind):
    options = {"lossless": True} if kind == "WEBP" else {}
    found = read_image(encoded(two_colors(), kind, **options))
    assert found.shape == (30, 50, 3) and found.dtype == np.uint8
    assert np.abs(found[5, 5].astype(int) - RED).max() <= 3 and np.abs(found[5, 45].astype(int) - BLUE).max() <= 3


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I;16"])
def test_every_mode_keeps_dark_and_light_apart(mode):
    gray = np.zeros((20, 20), np.uint8)
    gray[:, 10:] = 255
    if mode == "I;16":
        image = Image.fromarray(gray.astype(np.uint16) * 257)
    else:
        image = Image.fromarray(gray).convert(mode if mode != "LA" else "L").convert(mode)
    found = read_image(encoded(image, "JPEG" if mode == "CMYK" else "PNG"))
    assert found[:, :8].max() < 10 and found[:, 12:].min() > 245


def test_16_bits_are_scaled_not_clipped():
    ramp = np.tile(np.arange(0, 65536, 257, dtype=np.uint16), (4, 1))
    np.testing.assert_array_equal(read_image(encoded(Image.fromarray(ramp)))[0, :, 0], np.arange(256))


@pytest.mark.parametrize(("orientation", "corner"), [(1, (0, 0)), (3, (-1, -1)), (6, (0, -1)), (8, (-1, 0))])
def test_the_camera_orientation_is_followed(orientation, corner):
    pixels = np.full((40, 60, 3), 255, np.uint8)
    pixels[:12, :12] = 0
    exif = Image.Exif()
    exif[0x0112] = orientation
    found = read_image(encoded(pixels, "JPEG", exif=exif))
    assert found.shape[:2] == ((60, 40) if orientation in (6, 8) else (40, 60))
    dark = [place for place in ((0, 0), (0, -1), (-1, 0), (-1, -1)) if found[place].max() < 60]
    assert dark == [corner]


def test_what_is_transparent_is_white():
    pixels = np.zeros((10, 10, 4), np.uint8)
    pixels[:5] = (0, 0, 0, 255)
    pixels[5:7] = (0, 0, 0, 128)
    found = read_image(encoded(pixels))
    assert found[:5].max() == 0 and abs(int(found[6, 0, 0]) - 127) <= 1 and found[7:].min() == 255


def test_the_first_frame_is_the_image():
    frames = [Image.fromarray(np.full((8, 8), value, np.uint8)) for value in (0, 255)]
    assert read_image(encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])).max() == 0


def test_large_images_are_reduced():
    found = read_image(encoded(two_colors(900, 3000), "JPEG"))
    assert max(found.shape) <= LONGEST_SIDE and found.shape[1] / found.shape[0] == pytest.approx(3000 / 900, rel=0.01)


def forged_png(width: int, height: int) -> bytes:
    """A PNG file whose header states a larger size than its content."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


@pytest.mark.parametrize("edge", [8_001, 10_000, 60_000])
def test_a_decompression_bomb_is_refused_before_it_is_decoded(edge):
    with pytest.raises(InputError, match="64 megapixels"):
        read_image(forged_png(edge, edge))


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"", "empty"),
        (b"just text, called digit.png", "another format"),
        (b"%PDF-1.7", "another format"),
        (b"\0" * 100, "another format"),
    ],
)
def test_what_is_no_image(content, word):
    with pytest.raises(InputError, match=word) as caught:
        read_image(content)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
def test_a_truncated_image(kind, share):
    content = encoded(np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8), kind)
    with pytest.raises(InputError):
        read_image(content[: int(len(content) * share)])


@given(
    st.sampled_from(FORMATS), st.integers(0, 10**6), st.integers(0, 255), st.integers(0, 2**20), st.binary(max_size=20)
)
@settings(max_examples=150, deadline=None)
def test_any_damage_gives_an_image_or_one_sentence(kind, place, value, length, tail):
    content = bytearray(encoded(two_colors(), kind))
    content[place % len(content)] = value
    try:
        found = read_image(bytes(content)[:length] + tail)
    except InputError as error:
        assert "\n" not in str(error)
    else:
        assert found.ndim == 3 and found.shape[2] == 3 and found.dtype == np.uint8


@given(st.binary(max_size=200))
@settings(max_examples=100, deadline=None)
def test_any_bytes(content):
    with pytest.raises(InputError):
        read_image(content)


# fitting

SIDES = st.integers(1, 60)


@given(
    st.sampled_from([MNIST, FASHION, CIFAR]),
    st.one_of(st.tuples(SIDES, SIDES), st.tuples(SIDES, SIDES, st.just(3))).flatmap(
        lambda shape: arrays(np.uint8, shape, elements=st.sampled_from([0, 1, 11, 12, 128, 243, 255]))
    ),
    st.sampled_from([None, True, False]),
)
@settings(max_examples=300, deadline=None)
def test_any_pixels_get_the_form_or_are_refused(spec, pixels, is_bright):
    before = pixels.copy()
    try:
        found = fit_image(pixels, spec, is_bright)
    except InputError as error:
        assert "blank" in str(error)
    else:
        assert found.shape == spec.shape and found.dtype == np.uint8
        assert found.min() < found.max()
    np.testing.assert_array_equal(pixels, before)


@pytest.mark.parametrize("spec", [MNIST, FASHION, CIFAR], ids=lambda spec: spec.name)
@pytest.mark.parametrize("shape", [(1, 3000), (3000, 1), (2, 5, 3), (0, 4), (4, 0, 3)])
def test_odd_shapes(spec, shape):
    pixels = np.zeros(shape, np.uint8)
    if pixels.size:
        pixels.reshape(-1)[pixels.size // 3 : pixels.size // 2] = 255
    try:
        assert fit_image(pixels, spec).shape == spec.shape
    except InputError as error:
        assert "blank" in str(error)


@pytest.mark.parametrize("is_bright", [None, True, False])
def test_pixels_that_the_ground_explains_are_blank(is_bright):
    with pytest.raises(InputError, match="blank"):
        fit_image(np.array([[12, 0]], np.uint8), MNIST, is_bright)


def test_an_image_whose_content_is_lost_in_the_small_one_is_blank():
    pixels = np.zeros((1, 47), np.uint8)
    pixels[0, 23] = 128
    with pytest.raises(InputError, match="blank"):
        fit_image(pixels, FASHION, True)


@pytest.mark.parametrize("spec", [MNIST, FASHION, CIFAR], ids=lambda spec: spec.name)
@pytest.mark.parametrize("level", [0, 120, 255])
def test_blank_images_are_refused(spec, level):
    for pixels in (np.full((200, 300), level, np.uint8), np.full((200, 300, 3), level, np.uint8)):
        with pytest.raises(InputError, match="blank"):
            fit_image(pixels, spec)


def test_empty_paper_is_blank_however_noisy_and_unevenly_lit():
    y, x = np.mgrid[0:600, 0:800]
    paper = 200 - 60 * x / 800 - 30 * (y / 600 - 0.5) ** 2 + np.random.default_rng(0).normal(0, 6, (600, 800))
    with pytest.raises(InputError, match="blank"):
        fit_image(paper.clip(0, 255).astype(np.uint8), MNIST)


@pytest.mark.parametrize("pixels", [np.zeros((5, 5)), np.zeros((5, 5, 4), np.uint8), np.zeros(5, np.uint8)])
def test_other_arrays_are_refused(pixels):
    with pytest.raises(InputError, match="uint8 pixels"):
        fit_image(pixels, MNIST)


def bar(ground: int, ink: int) -> np.ndarray:
    """An upright bar, 100 x 20, far from the middle of 300 x 400."""
    pixels = np.full((300, 400), ground, np.uint8)
    pixels[30:130, 320:340] = ink
    return pixels


@pytest.mark.parametrize(
    ("ground", "ink", "is_bright"), [(0, 255, None), (0, 255, True), (230, 20, None), (230, 20, False)]
)
def test_ink_is_light_centered_and_20_tall(ground, ink, is_bright):
    if is_bright is not None and is_bright != (ink > ground):
        with pytest.raises(InputError, match="blank"):
            fit_image(bar(ground, ink), MNIST, is_bright)
        return
    (found,) = fit_image(bar(ground, ink), MNIST, is_bright)
    rows, columns = np.flatnonzero(found.max(axis=1)), np.flatnonzero(found.max(axis=0))
    assert len(rows) == 20 and len(columns) == 4, "100 x 20 becomes 20 x 4"
    assert found.max() == 255 and found[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1].min() > 250
    assert abs(rows.mean() - 14) <= 0.5 and abs(columns.mean() - 14) <= 0.5, "MNIST's centers of mass are in pixel 14"


def test_specks_and_what_reaches_in_from_outside_are_wiped_off():
    alone, disturbed = bar(230, 20), bar(230, 20)
    disturbed[250:254, 60:64] = 20
    disturbed[:, :12] = 60
    np.testing.assert_array_equal(fit_image(disturbed, MNIST), fit_image(alone, MNIST))


def test_a_thin_pen_is_made_bolder():
    pixels = np.full((400, 400), 255, np.uint8)
    pixels[50:350, 200:202] = 0
    (found,) = fit_image(pixels, MNIST)
    assert found[14].sum() / 255 == pytest.approx(2.0, abs=0.4)


def test_fashion_is_letterboxed_light_on_dark():
    pixels = np.full((100, 50), 255, np.uint8)
    pixels[20:80, 15:35] = 55
    (found,) = fit_image(pixels, FASHION)
    (rows, columns) = np.flatnonzero(found.max(axis=1) > 127), np.flatnonzero(found.max(axis=0) > 127)
    assert (len(rows), len(columns)) == (16, 6), "60 x 20 of 100 x 50, of which 28 x 14 are left"
    assert found.max() == 255 and found[:, :7].max() == found[:, 21:].max() == 0


def test_color_images_are_the_square_in_the_middle():
    pixels = np.zeros((64, 128, 3), np.uint8)
    pixels[:, 32:64], pixels[:, 64:96] = RED, BLUE
    found = fit_image(pixels, CIFAR)
    assert (
        np.abs(found[:, 16, 4].astype(int) - RED).max() <= 2 and np.abs(found[:, 16, 28].astype(int) - BLUE).max() <= 2
    )
    assert fit_image(pixels[..., 0], CIFAR).shape == CIFAR.shape, "gray images become color"


# digits as networks know them


@cache
def mnist_mini() -> Dataset:
    return load_dataset("mnist-mini", Path("nowhere"))


@pytest.fixture(scope="module")
def classify():
    """A LeNet after 4 epochs on mnist-mini: (n, 1, 28, 28) uint8 -> predictions."""
    data, spec = mnist_mini(), mnist_mini().spec
    model = build_model("lenet", 0, spec.shape, len(spec.classes), spec.mean, spec.std)
    optimizer, order = torch.optim.Adam(model.parameters(), 2e-3), torch.Generator().manual_seed(0)
    images, labels = torch.from_numpy(data.train_images).float() / 255, torch.from_numpy(data.train_labels)
    for _ in range(4):
        for batch in torch.randperm(len(labels), generator=order).split(64):
            optimizer.zero_grad()
            F.cross_entropy(model(images[batch]), labels[batch]).backward()
            optimizer.step()

    @torch.no_grad()
    def predictions(some: np.ndarray) -> np.ndarray:
        return model(torch.from_numpy(some).float() / 255).argmax(1).numpy()

    return predictions


def enlarged(digit: np.ndarray, edge: int) -> np.ndarray:
    return np.array(Image.fromarray(digit).resize((edge, edge), Image.Resampling.BICUBIC))


def photographed(digit: np.ndarray, rng: np.random.Generator) -> bytes:
    """JPEG of 2000 x 1500: a dark digit on bright paper, with uneven light and sensor noise."""
    edge = int(rng.integers(400, 1000))
    top, left = int(rng.integers(20, 1480 - edge)), int(rng.integers(20, 1980 - edge))
    ink = np.zeros((1500, 2000), np.float32)
    ink[top : top + edge, left : left + edge] = enlarged(digit, edge) / 255
    y, x = np.mgrid[-0.5:0.5:1500j, -0.5:0.5:2000j].astype(np.float32)
    slope = rng.uniform(-60, 60, 2).astype(np.float32)
    light = 190 + slope[0] * x + slope[1] * y - 40 * (x * x + y * y)
    gray = light * (1 - 0.75 * ink) + 8 * rng.standard_normal(ink.shape, np.float32)
    colored = gray[..., None] * np.array([1.0, 0.97, 0.9], np.float32)
    return encoded(colored.clip(0, 255).astype(np.uint8), "JPEG", quality=80)


def few(count: int) -> np.ndarray:
    """(count, 1, 28, 28), balanced over classes."""
    images, labels = mnist_mini().test_images, mnist_mini().test_labels
    order = np.argsort(labels, kind="stable").reshape(10, -1)
    return images[order[:, : count // 10].ravel()]


@pytest.mark.parametrize(
    ("name", "change", "distance"),
    [
        ("as it is", lambda digit: digit, 4),
        ("enlarged", lambda digit: enlarged(digit, 280), 9),
        pytest.param("inverted", lambda digit: 255 - enlarged(digit, 280), 9, marks=pytest.mark.slow),
        pytest.param(
            "in color",
            lambda digit: np.repeat(enlarged(digit, 280)[..., None], 3, axis=2),
            9,
            marks=pytest.mark.slow,
        ),
    ],
)
def test_digits_of_the_data_set_come_back(classify, name, change, distance):
    """At least 97 % of 100 images keep their prediction; the mean difference of pixels is at most `distance` of 255."""
    digits = few(100)
    fitted = np.stack([fit_image(change(digit), MNIST) for digit in digits[:, 0]])
    assert np.abs(fitted.astype(float) - digits).mean() < distance
    assert (classify(fitted) == classify(digits)).mean() >= 0.97


@pytest.mark.slow
def test_photographed_digits_are_classified_as_before(classify):
    """At most two of 40 are misclassified."""
    digits, rng = few(40), np.random.default_rng(0)
    fitted = np.stack([fit_image(read_image(photographed(digit, rng)), MNIST) for digit in digits[:, 0]])
    assert (classify(fitted) == classify(digits)).mean() >= 0.95
