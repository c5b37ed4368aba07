"""A newcomer's way: launch from the form, watch, attack, look at the images, come back later."""

import re

import pytest

from tests.browser.serving import laboratory as serve_laboratory

pytestmark = pytest.mark.slow
HISTOGRAM = ".live-chart[aria-label^='Histogram of weights']"
HISTORIES = ".live-chart[aria-label^='Fuzziness and near-zero']"
BARS = ".live-chart[aria-label^='Accuracy without']"


@pytest.fixture(scope="module")
def laboratory(tmp_path_factory):
    with serve_laboratory(tmp_path_factory.mktemp("laboratory")) as address:
        yield address


def test_from_the_form_to_adversarial_images(laboratory, page):
    page.goto(laboratory)
    page.get_by_text("No runs have been trained here yet").wait_for()
    page.get_by_role("link", name="Launch").click()
    page.get_by_role("heading", name="Launch runs").wait_for()
    page.get_by_role("button", name="Std", exact=True).click()
    epochs = page.get_by_label("Epochs", exact=True)
    epochs.fill("6")
    epochs.press("Enter")
    page.get_by_text(re.compile(r"--variant min-max --seed 0 .*--epochs 6")).wait_for()
    page.get_by_role("button", name="Launch and watch").click()

    page.wait_for_selector(f"{HISTOGRAM} .main-svg")
    page.evaluate(f"window.histogram = document.querySelector(\"{HISTOGRAM}\"); histogram.mark = 'the same'")
    page.locator(f"{HISTOGRAM} .legendtoggle").last.click()  # hide the outline
    page.wait_for_function("histogram._fullData.at(-1).visible === 'legendonly'")
    shapes = set()
    while not page.get_by_text(re.compile("^finished, epoch 6.0")).count():
        shapes.add(page.evaluate("histogram.querySelector('.scatterlayer .js-line').getAttribute('d')"))
        page.wait_for_timeout(150)
    assert len(shapes) >= 5
    assert page.evaluate(f'document.querySelector("{HISTOGRAM}").mark') == "the same"
    assert page.evaluate("histogram._fullData.at(-1).visible") == "legendonly"

    page.wait_for_selector(f"{HISTOGRAM}[aria-label*='at epoch 6.0']")  # it followed to the end
    page.wait_for_function(f'Array.from(document.querySelector("{HISTORIES}")._fullData[0].x).at(-1) === 6')
    fuzziness = page.evaluate(f'Array.from(document.querySelector("{HISTORIES}")._fullData[0].y)')
    assert fuzziness[-1] < 0.5 * fuzziness[0]

    page.get_by_role("link", name="Robustness").click()
    page.get_by_role("heading", name="Robustness under attack").wait_for()
    for attack in ("cw", "mi-fgsm", "l2-bim", "linf-bim"):
        page.get_by_role("button", name=attack, exact=True).click()
    samples = page.get_by_label("Test images", exact=True)
    samples.fill("60")
    samples.press("Enter")
    page.get_by_text(re.compile("--attacks fgsm pgd --samples 60")).wait_for()
    page.get_by_role("button", name="Attack these runs", exact=True).click()
    bars = page.locator(BARS)
    bars.locator(".main-svg").first.wait_for(timeout=60_000)
    all_four = f"document.querySelector({BARS!r})._fullData[0].y.length === 4"  # one more as each attack ends
    page.wait_for_function(all_four, timeout=60_000)
    clean, fgsm, pgd, worst = bars.evaluate("(node) => Array.from(node._fullData[0].y)")
    assert worst <= min(fgsm, pgd) <= clean

    page.get_by_role("link", name="See the adversarial images").click()
    page.get_by_role("heading", name="Adversarial examples").wait_for()
    images = page.locator(".lab-grid img[alt*=', confidence ']")
    images.nth(2).wait_for()
    said = images.evaluate_all("(all) => all.map((image) => image.alt)")
    assert len(images.evaluate_all("(all) => [...new Set(all.map((image) => image.src))]")) >= 3

    page.reload()
    images.nth(2).wait_for()
    assert images.evaluate_all("(all) => all.map((image) => image.alt)") == said
    page.get_by_role("link", name="Weights", exact=True).click()
    page.wait_for_selector(f"{HISTORIES} .main-svg")
    again = page.evaluate(f'Array.from(document.querySelector("{HISTORIES}")._fullData[0].y)')
    assert again == fuzziness


def test_scrubbing_back_and_playing(laboratory, page):
    page.goto(f"{laboratory}/weights")
    page.wait_for_selector(f"{HISTOGRAM} .main-svg")
    label = page.locator(HISTOGRAM)
    assert "epoch 6.0" in label.get_attribute("aria-label")
    page.get_by_role("slider", name="Epoch").press("Home")
    page.wait_for_selector(".live-chart[aria-label^='Histogram of weights at epoch 0.0']")
    at_start = page.evaluate(f'Array.from(document.querySelector("{HISTOGRAM}")._fullData[0].customdata)')
    outline = page.evaluate(f'Array.from(document.querySelector("{HISTOGRAM}")._fullData.at(-1).customdata)')
    assert at_start == outline
    page.get_by_role("combobox", name="Speed").select_option("4")
    page.get_by_role("button", name="Play", exact=True).click()
    page.wait_for_selector(".live-chart[aria-label^='Histogram of weights at epoch 6.0']")
    page.get_by_role("button", name="Play").wait_for()


def test_every_page_fits_a_narrow_window(laboratory, page):
    page.set_viewport_size({"width": 768, "height": 1000})
    for name in ("", "launch", "weights", "robustness", "examples"):
        page.goto(f"{laboratory}/{name}")
        page.get_by_role("heading", level=1).wait_for()
        page.wait_for_timeout(1000)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
