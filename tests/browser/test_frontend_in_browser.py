"""What stands around charts, the grid of examples and the drawing board, in a real browser and by keyboard too."""

import io
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dashboard.ui.tables import csv_text
from tests.browser.frontend_app import TABLE
from tests.browser.serving import ROOT, free_port, script_server, serve, wait_until

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """Port of a server that runs frontend_app.py with our own config.toml."""
    folder = tmp_path_factory.mktemp("app")
    shutil.copy(Path(__file__).parent / "frontend_app.py", folder / "app.py")
    shutil.copytree(ROOT / "dashboard" / ".streamlit", folder / ".streamlit")
    port = free_port()
    with serve(script_server(folder / "app.py", port), port, folder / "log", os.environ | {"HOME": str(folder)}):
        yield port


@pytest.fixture(scope="module")
def context(browser):
    """One for all pages, so that the browser loads Streamlit once."""
    context = browser.new_context()
    context.set_default_timeout(15_000)
    yield context
    context.close()


@pytest.fixture
def page(server, context):
    """The app, its charts drawn, for a person who prefers less motion; what it complains of fails the test."""
    errors = []
    page = context.new_page()
    page.set_viewport_size({"width": 1280, "height": 3000})
    page.emulate_media(reduced_motion="reduce")
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(f"http://127.0.0.1:{server}/")
    await_charts(page)
    page.locator(".lab-board canvas").wait_for()
    yield page
    page.close()
    assert errors == []


def await_charts(page):
    until(page, "document.querySelectorAll('.live-chart.js-plotly-plot .xtick').length > 6")
    page.evaluate("[window.played, window.still] = document.querySelectorAll('.live-chart')")


def until(page, expression):
    """As wait_for_function, which a page that allows no eval refuses."""
    wait_until(lambda: page.evaluate(expression), expression)


def rerun(page):
    before = page.get_by_text("Run number").inner_text()
    page.get_by_role("button", name="Again").click()
    page.wait_for_function("(before) => !document.body.innerText.includes(before + '.')", arg=before.rstrip("."))


def test_downloads_are_reached_by_keyboard_and_hold_what_is_shown(page):

    def saved(kind):
        button = page.get_by_role("button", name=f"Download weights as {kind}")
        button.focus()
        with page.expect_download() as download:
            page.keyboard.press("Enter")
        assert download.value.suggested_filename == f"weights.{kind.lower()}"
        return Path(download.value.path()).read_bytes()

    assert saved("CSV").decode("utf-8") == csv_text(TABLE)
    assert Image.open(io.BytesIO(saved("PNG"))).size[1] == 2 * 320
    drawing = saved("SVG").decode("utf-8")
    assert drawing.startswith("<svg") and "Weights at epoch 0" in drawing
    page.keyboard.press("ArrowLeft")
    assert page.evaluate("document.activeElement.ariaLabel") == "Download weights as PNG"
    assert page.locator(".lab-toolbar").first.locator("[tabindex='0']").count() == 1, "one stop of the Tab key"
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    assert page.get_by_role("button", name="Download still as CSV").count() == 0


def test_a_chart_fills_the_screen_and_comes_back(page):
    page.set_viewport_size({"width": 1280, "height": 900})
    button = page.get_by_role("button", name="Show weights in full screen")
    for make in ("0", "Element.prototype.requestFullscreen = undefined"):  # the second as on a phone
        page.evaluate(make)
        button.click()
        page.wait_for_function("played._fullLayout.height > 750 && played._fullLayout.width > 1200")
        assert button.get_attribute("aria-pressed") == "true"
        assert page.evaluate("Boolean(document.fullscreenElement)") is (make == "0")
        page.keyboard.press("Escape")
        page.wait_for_function("played._fullLayout.height === 320 && played._fullLayout.width < 1280")
        assert button.get_attribute("aria-pressed") == "false"


def test_a_player_starts_for_those_who_like_motion_steps_and_begins_again(page):
    assert page.get_by_role("group", name="Playback").count() == 1
    slider = page.get_by_role("slider", name="Epoch")
    assert (slider.get_attribute("aria-valuetext"), page.evaluate("played._fullData[0].y[0]")) == ("0", 0)
    page.emulate_media(reduced_motion="no-preference")
    page.reload()
    await_charts(page)
    page.evaluate("played.mark = played.querySelector('.main-svg')")
    page.wait_for_function("""() => {
        const pause = document.querySelector("button[aria-label='Pause']");
        if (!(played._fullData[0].y[0] > 0) || !pause) return false;
        pause.click();  // at once: a slow machine would reach the end before a click from outside
        return true;
    }""")

    slider.focus()
    page.keyboard.press("Home")
    page.get_by_role("button", name="Step forward").focus()
    for _ in range(3):
        page.keyboard.press("Enter")
    page.get_by_role("button", name="Step back").click()
    assert slider.get_attribute("aria-valuetext") == "1"
    page.wait_for_function("played._fullLayout.title.text === 'Weights at epoch 1' && played._fullData[0].y[0] === 2")
    slider.focus()
    page.keyboard.press("End")
    page.wait_for_function("played._fullData[0].y[0] === 20")
    assert slider.get_attribute("aria-valuetext") == "10"

    page.locator(".live-chart[aria-label='Weights']").hover()
    page.locator(".live-chart[aria-label='Weights'] [data-title='Zoom in']").click()
    page.wait_for_function("played._fullLayout.yaxis.range[0] > 5")
    zoom = page.evaluate("played._fullLayout.yaxis.range")
    page.locator(".live-chart[aria-label='Weights'] .legendtoggle").first.click()
    page.wait_for_function("played._fullData[0].visible === 'legendonly'")
    page.get_by_role("combobox", name="Speed").select_option("4")
    page.get_by_role("button", name="Play", exact=True).click()
    page.wait_for_function("played._fullData[0].y[0] > 0 && played._fullData[0].y[0] < 20")
    page.get_by_role("button", name="Pause").wait_for()
    runs = page.evaluate("played.layout.meta")
    rerun(page)
    page.wait_for_function("(runs) => played.layout.meta > runs", arg=runs)
    page.get_by_role("button", name="Pause").wait_for()
    page.get_by_role("button", name="Play", exact=True).wait_for()
    assert slider.get_attribute("aria-valuetext") == "10"
    page.wait_for_function("played._fullData[0].y[0] === 20")
    assert page.evaluate("played._fullLayout.yaxis.range") == zoom
    assert page.evaluate("[played._fullData[0].visible, played.mark === played.querySelector('.main-svg')]") == [
        "legendonly",
        True,
    ]


def test_a_grid_says_what_each_run_sees(page):
    page.set_viewport_size({"width": 768, "height": 3000})
    assert page.get_by_role("columnheader").all_inner_texts() == ["Run", "clean", *(f"attack {i}" for i in range(1, 8))]
    assert page.evaluate("document.querySelector('.lab-grid-box').scrollWidth > 768")
    assert page.evaluate("document.documentElement.scrollWidth <= 768")
    assert page.locator(".lab-absence:visible").all_inner_texts() == ["not attacked"]
    wrong = page.get_by_role(
        "button",
        name="Min-Max, attack 1: predicted 3, wrong, confidence 80%; true class 7: 20%; "
        "l∞ 0.300; l₂ 2.50; 84% of pixels changed",
    )
    assert "✗ 3" in wrong.inner_text() and "±0.092" in wrong.inner_text()
    assert wrong.get_by_role("img").first.get_attribute("alt").startswith("Min-Max, attack 1: predicted 3")
    assert wrong.locator("img").first.evaluate(
        "(node) => [node.naturalWidth, getComputedStyle(node).imageRendering]"
    ) == [
        28,
        "pixelated",
    ]
    panel = page.get_by_role("tooltip")
    wrong.hover()
    panel.wait_for()
    assert "l∞ 0.300 · l₂ 2.50 · 84% of pixels changed" in panel.inner_text()
    right = page.get_by_role("button", name="Min-Max, clean: predicted 7, correct")
    frame = "(node) => getComputedStyle(node).borderTopStyle"
    assert (right.evaluate(frame), wrong.evaluate(frame)) == ("solid", "dashed"), "told apart without color"
    assert "7 (true)\n20%" in panel.inner_text() and "3\n80%" in panel.inner_text()
    page.mouse.move(5, 5)
    panel.wait_for(state="hidden")

    wrong.evaluate("(node) => (node.mark = 'the same')")
    rerun(page)
    again = page.get_by_role("button", name="Min-Max, attack 1: predicted 3, wrong, confidence 70%")
    assert again.evaluate("(node) => node.mark") == "the same"
    again.hover()
    page.wait_for_function("document.querySelector('.lab-panel').innerText.includes('70%')")
    page.keyboard.press("Escape")
    panel.wait_for(state="hidden")
    again.focus()
    page.keyboard.press("Tab")
    assert "Min-Max, attack 2\nl∞ 0.300 · l₂ 2.50" in panel.inner_text()


def test_a_cell_is_enlarged_and_flickers_only_when_asked(page):
    page.set_viewport_size({"width": 1280, "height": 900})
    page.evaluate("[window.paces, window.later] = [[], setInterval]")
    page.evaluate(
        "window.setInterval = (step, pace) => String(step).includes('alternate') "
        "? (paces.push(pace), (window.step = step), 1) : later(step, pace)"
    )
    cell = page.get_by_role("button", name="Min-Max, attack 1: predicted 3, wrong")
    cell.focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Min-Max, attack 1")
    pictures = dialog.get_by_role("img")
    assert pictures.evaluate_all("(all) => all.map((node) => [node.clientWidth, node.naturalWidth])") == [[280, 28]] * 3
    assert dialog.get_by_role("figure").all_inner_texts() == [
        "Clean\n✓ 7, confidence 80%",
        "Adversarial\n✗ 3, confidence 80%\ntrue class 7: 20%",
        "Difference, amplified: full color at ±0.092\nl∞ 0.300\nl₂ 2.50\n84% of pixels changed",
    ]
    assert "7 (true)\n20%" in dialog.inner_text()
    assert page.get_by_role("tooltip").count() == 0

    flicker = dialog.get_by_role("button", name="Flicker")
    assert (flicker.get_attribute("aria-pressed"), page.evaluate("paces")) == ("false", []), "not by itself"
    flicker.press("Enter")
    assert (flicker.get_attribute("aria-pressed"), page.evaluate("paces")) == ("true", [1000]), "slow for less motion"
    names = dialog.locator(".lab-large-name")
    for name, source in (("Clean", 0), ("Adversarial", 1), ("Clean", 0)):
        page.evaluate("step()")
        assert names.nth(1).inner_text() == name
        assert pictures.nth(1).get_attribute("src") == cell.locator(
            f"xpath=../../*[{2 + source}]//img"
        ).first.get_attribute("src")
    flicker.press("Enter")
    assert (flicker.get_attribute("aria-pressed"), names.nth(1).inner_text()) == ("false", "Adversarial")
    page.keyboard.press("Escape")
    dialog.wait_for(state="hidden")
    page.wait_for_function("document.activeElement.ariaLabel?.startsWith('Min-Max, attack 1:')")

    page.set_viewport_size({"width": 390, "height": 800})
    page.get_by_role("button", name="Min-Max, clean: predicted 7").press("Enter")
    dialog = page.get_by_role("dialog", name="Min-Max, clean")
    assert dialog.get_by_role("figure").count() == 1 and dialog.get_by_role("button").all_inner_texts() == ["Close"]
    dialog.get_by_role("button", name="Close").click()
    cell.press("Enter")
    lefts = (
        page.get_by_role("dialog")
        .get_by_role("img")
        .evaluate_all("(all) => all.map((node) => node.getBoundingClientRect().left)")
    )
    assert len(lefts) == 3 and len(set(lefts)) == 1, "one column"


def test_a_drawing_is_ink_where_it_was_drawn_and_survives_reruns(page):
    page.get_by_text("Nothing drawn").wait_for()
    box = page.locator(".lab-board canvas").bounding_box()
    page.mouse.move(box["x"] + 105, box["y"] + 55)
    page.mouse.down()
    page.mouse.move(box["x"] + 105, box["y"] + 205, steps=5)
    page.mouse.up()
    rerun(page)
    page.emulate_media(color_scheme="dark")  # Streamlit hands every component its data again
    page.wait_for_function("still._fullLayout.paper_bgcolor === '#0e1117'")
    page.get_by_role("button", name="Use this drawing").click()
    page.get_by_text("Ink in rows 4 to 21, columns 9 to 11").wait_for()
    rerun(page)
    page.get_by_text("Ink in rows 4 to 21, columns 9 to 11").wait_for()

    page.get_by_role("button", name="Clear").click()
    page.locator(".lab-board canvas").focus()
    for key in ["Space", *["ArrowRight"] * 10, "Space", *["ArrowDown"] * 8]:
        page.keyboard.press(key)
    assert page.locator(".lab-pen").is_visible()
    page.get_by_role("button", name="Use this drawing").click()
    page.get_by_text("Ink in rows 19 to 21, columns 9 to 16").wait_for()


def test_the_page_as_a_file_needs_no_network(page, browser):
    with page.expect_download() as download:
        page.get_by_role("button", name="Download page as HTML").click()
    assert download.value.suggested_filename == "All-of-it.html"
    file = Path(download.value.path()).rename(Path(download.value.path()).with_suffix(".html"))

    context = browser.new_context(offline=True, color_scheme="light", viewport={"width": 768, "height": 2000})
    page = context.new_page()
    page.set_default_timeout(15_000)
    complaints, requests = [], []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: requests.append(request.url))
    page.goto(file.as_uri())
    await_charts(page)
    assert page.evaluate("played._fullLayout.paper_bgcolor") == "#ffffff"
    page.emulate_media(color_scheme="dark")
    until(page, "[played, still].every((chart) => chart._fullLayout.paper_bgcolor === '#0e1117')")

    page.get_by_role("button", name="Step forward").click()
    until(page, "played._fullData[0].y[0] === 1")
    page.get_by_role("combobox", name="Speed").select_option("4")
    page.get_by_role("button", name="Play", exact=True).click()
    until(page, "played._fullData[0].y[0] === 20")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download All-of-it-1 as CSV").click()
    assert Path(download.value.path()).read_text() == csv_text(TABLE)
    with page.expect_download() as download:
        page.get_by_role("button", name="Download All-of-it-1 as PNG").click()
    pixels = np.asarray(Image.open(download.value.path()).convert("RGB"))
    assert len(np.unique(pixels.reshape(-1, 3), axis=0)) > 10
    page.get_by_role("button", name="Show All-of-it-1 in full screen").click()
    until(page, "played._fullLayout.height > 1800")
    page.keyboard.press("Escape")
    until(page, "played._fullLayout.height === 320")
    page.get_by_role("button", name="Min-Max, attack 1: predicted 3, wrong").click()
    assert "7 (true)" in page.get_by_role("dialog", name="Min-Max, attack 1").inner_text()
    page.keyboard.press("Escape")
    assert page.get_by_role("table", name="Numbers").get_by_role("cell").all_inner_texts()[:2] == [
        "</script><b>",
        "0.3",
    ]
    assert page.evaluate("document.documentElement.scrollWidth") <= 768
    blocked = page.evaluate("fetch('https://example.org/').then(() => 'loaded', () => 'refused')")
    assert blocked == "refused"
    context.close()
    assert [url for url in requests if not url.startswith(("file:", "data:", "blob:"))] == []
    assert [text for text in complaints if "example.org" not in text] == []


def test_the_live_region_says_only_what_is_new_and_takes_no_space(page):
    region = page.get_by_role("status").and_(page.locator(".lab-announcement"))
    assert region.count() == 1 and region.text_content() == "", "the first drawing is silent"
    assert region.bounding_box()["height"] <= 1
    assert page.locator(".st-key-announcement").bounding_box()["width"] <= 1, "no page scrolls sideways for it"
    page.get_by_role("button", name="Again").click()
    until(page, "document.querySelector('.lab-announcement').textContent === '<b>Run</b> number 2.'")
    assert region.locator("b").count() == 0, "names are text"
