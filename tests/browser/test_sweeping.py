"""A small sweep: launched from the form, watched to its end, looked at on the map, opened in Weights."""

import re

import pytest

from tests.browser.serving import laboratory as serve_laboratory

MAPS = ".live-chart[aria-label^='Heat maps with λ']"


@pytest.fixture(scope="module")
def laboratory(tmp_path_factory):
    with serve_laboratory(tmp_path_factory.mktemp("laboratory")) as address:
        yield address


@pytest.mark.slow
def test_from_the_form_to_the_weights_of_a_cell(laboratory, page):
    page.set_viewport_size({"width": 1280, "height": 2400})
    page.goto(f"{laboratory}/sweeps")
    page.get_by_role("heading", name="Sweeps of λ and μ").wait_for()
    page.wait_for_url(re.compile("plane="))
    recorded = plane_of(page)
    page.get_by_text("Launch a sweep", exact=True).click()
    fill(page, "λ from", "0.1")
    fill(page, "μ from", "0.5")
    for box in page.get_by_label("values", exact=True).all():
        box.fill("1")
        box.press("Enter")
    fill(page, "Epochs", "1")
    fill(page, "Attacked images", "20")
    page.get_by_text(re.compile(r"--l1 0.0 0.1 --mu 0.0 0.5 --seed 0 .*--samples 20 --epochs 1")).wait_for()
    page.get_by_role("button", name="Launch sweep").click()

    row = page.locator(".st-key-sweeps, [class*='st-key-sweep-mnist-mini-sweep']").first
    row.get_by_text(re.compile(r"of 4 runs done")).wait_for()
    row.get_by_text(re.compile(r"^4 of 4 runs done")).wait_for(timeout=120_000)

    maps = page.locator(MAPS)
    maps.locator(".main-svg").first.wait_for()
    page.wait_for_function(f'document.querySelector("{MAPS}")._fullLayout.title.text.startsWith("MNIST mini")')
    page.wait_for_function("(old) => new URL(location).searchParams.get('plane') !== old", arg=recorded)
    assert plane_of(page), "the launched sweep has taken the place of the recorded plane, in the address too"
    heat = maps.evaluate(
        "(node) => node._fullData.filter((trace) => trace.type === 'heatmap').map((t) => t.text.flat())"
    )
    assert len(heat) == 4 and all(text for texts in heat for text in texts)
    away = maps.evaluate("(node) => node._fullData.filter((trace) => trace.marker?.symbol === 'triangle-up').length")
    assert away == 4, "μ = 0.5 pushes weights outwards, on every map"

    table = page.locator("[data-testid=stDataFrame]").first
    table.scroll_into_view_if_needed()
    page.wait_for_function("document.querySelectorAll('[data-testid=stDataFrame] canvas').length > 1")
    box = table.bounding_box()
    assert box is not None
    page.get_by_text("Runs at λ 0.1, μ 0.5").wait_for()
    page.mouse.click(box["x"] + box["width"] * 0.5, box["y"] + 52)  # λ = 0, μ = 0
    page.get_by_text("Runs at λ 0, μ 0", exact=True).wait_for()
    page.wait_for_url(re.compile("point="))
    page.reload()
    page.get_by_text("Runs at λ 0, μ 0", exact=True).wait_for()

    page.get_by_role("link", name="Weights of these runs").click()
    page.wait_for_selector(".live-chart[aria-label^='Histogram of weights'] .main-svg")
    assert re.search(r"runs=mnist-mini-std-[0-9a-f]{10}$", page.url)


def fill(page, label: str, text: str) -> None:
    box = page.get_by_label(label, exact=True)
    box.fill(text)
    box.press("Enter")


def plane_of(page) -> str | None:
    return page.evaluate("new URL(location).searchParams.get('plane')")
