"""Live charts in a real browser: what ticks stays the same chart, and what the user did to it stays done."""

import os
import shutil

import pytest

from tests.browser.serving import ROOT, free_port, script_server, serve, status

pytestmark = pytest.mark.slow

WEIGHTS, LOSS = ".live-chart[aria-label='Weights of two runs']", ".live-chart[aria-label='Loss of two runs']"

APP = """
import numpy as np, pandas as pd, streamlit as st
from dashboard.figures.histograms import histogram_figure
from dashboard.figures.histories import history_figure
from dashboard.ui.live_charts import live_chart

edges = np.linspace(-1, 1, 21)

@st.fragment(run_every=0.4)
def tick():
    n = st.session_state.n = st.session_state.get("n", 0) + 1
    bins = {"left": edges[:-1], "right": edges[1:], "count": np.arange(20) + n, "initial_count": np.arange(20)}
    runs = [{"run_id": v, "label": v, "variant": v} for v in ("std", "min-max")]
    counts = pd.concat(pd.DataFrame(run | bins) for run in runs)
    history = pd.concat(pd.DataFrame(run | {"epoch": np.arange(50.0), "loss": np.arange(50) + n}) for run in runs)
    live_chart(histogram_figure(counts, "Weights"), key="weights", alt="Weights of two runs")
    if st.session_state.show:
        live_chart(history_figure(history, "loss", "Loss", "Loss"), key="loss", height=300, alt="Loss of two runs")
    with hidden:
        live_chart(history_figure(history, "loss", "Loss", "Loss"), key="hidden", height=300, alt="In a closed tab")

st.checkbox("Show the loss", value=True, key="show")
_, hidden = st.tabs(["Open", "Closed"])
tick()
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """Port and log of a server that runs APP with our own config.toml."""
    folder = tmp_path_factory.mktemp("app")
    (folder / "app.py").write_text(APP)
    shutil.copytree(ROOT / "dashboard" / ".streamlit", folder / ".streamlit")
    port = free_port()
    with serve(script_server(folder / "app.py", port), port, folder / "log", os.environ | {"HOME": str(folder)}):
        yield port, folder / "log"


@pytest.fixture
def page(server, browser):
    page = browser.new_page(viewport={"width": 1280, "height": 1100}, color_scheme="light")
    page.errors = []
    page.on("pageerror", lambda error: page.errors.append(str(error)))
    page.set_default_timeout(15_000)
    page.goto(f"http://127.0.0.1:{server[0]}/")
    page.wait_for_function("document.querySelectorAll('.live-chart.js-plotly-plot .legend').length === 2")
    page.evaluate("[window.weights, window.loss] = document.querySelectorAll('.live-chart.js-plotly-plot')")
    yield page
    assert page.errors == []
    page.close()


def test_charts_tick_in_place_and_keep_zoom_and_legend(page):
    page.evaluate("weights.mark = loss.mark = weights.querySelector('.main-svg').mark = 'the same'")
    page.locator(f"{WEIGHTS} .legendtoggle").first.click()
    page.wait_for_function("weights._fullData[0].visible === 'legendonly'")
    whole = page.evaluate("loss._fullLayout.xaxis.range")
    _drag_across_ticks(page)
    zoom = page.evaluate("loss.layout.xaxis.range")
    assert zoom == pytest.approx([0.3 * whole[1], 0.6 * whole[1]], rel=0.02)

    outlines, last_values = set(), set()
    for _ in range(150):
        outline, value = page.evaluate(
            "[weights.querySelector('.scatterlayer .js-line').getAttribute('d'), loss._fullData[0].y[0]]"
        )
        outlines.add(outline)
        last_values.add(value)
        if min(len(outlines), len(last_values)) >= 6:
            break
        page.wait_for_timeout(100)
    assert min(len(outlines), len(last_values)) >= 6
    assert page.evaluate("loss.layout.xaxis.range") == zoom
    assert page.evaluate("weights._fullData.map((trace) => trace.visible)") == ["legendonly", True, True]
    assert page.evaluate("[weights.mark, loss.mark, weights.querySelector('.main-svg').mark]") == ["the same"] * 3
    assert page.evaluate("[...document.querySelectorAll('.live-chart.js-plotly-plot')].map((node) => node.mark)") == [
        "the same",
        "the same",
    ]
    assert page.locator("script[src*='plotly.min.js']").count() == 1


def test_charts_follow_theme_and_width_are_described_and_can_be_saved(page):
    _drag_across_ticks(page)
    zoom = page.evaluate("loss.layout.xaxis.range")
    assert page.evaluate("weights._fullLayout.paper_bgcolor") == "#ffffff"
    page.emulate_media(color_scheme="dark")
    page.wait_for_function(
        "weights._fullLayout.paper_bgcolor === '#0e1117' && weights._fullLayout.font.color === '#fafafa'"
    )
    page.set_viewport_size({"width": 800, "height": 900})
    page.wait_for_function("loss.clientWidth < 800 && loss._fullLayout.width === loss.clientWidth")
    assert page.evaluate("loss.layout.xaxis.range") == zoom
    assert page.get_by_role("group", name="Weights of two runs").count() == 1
    assert page.evaluate("[weights._fullLayout.height, loss._fullLayout.height]") == [380, 300]
    buttons = page.evaluate("[...weights.querySelectorAll('.modebar-btn')].map((button) => button.dataset.title)")
    assert {"Zoom", "Zoom in", "Reset axes"} <= set(buttons)
    assert not any(word in title.lower() for title in buttons for word in ("download", "share", "cloud"))
    heights = page.evaluate("[...document.querySelectorAll('.lab-chart')].map((block) => block.clientHeight)")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download weights as SVG").click()
    assert download.value.suggested_filename == "weights.svg"
    _await_ticks(page, 2)
    assert page.evaluate("[...document.querySelectorAll('.lab-chart')].map((block) => block.clientHeight)") == heights


def test_a_chart_is_drawn_when_its_tab_opens_and_purged_when_it_leaves(page):
    closed = page.locator(".live-chart[aria-label='In a closed tab']")
    assert closed.locator(".main-svg").count() == 0
    page.get_by_role("tab", name="Closed").click()
    closed.locator(".main-svg").first.wait_for()
    assert closed.evaluate("(node) => [node._fullLayout.width - node.clientWidth, node.clientWidth > 500]") == [0, True]

    page.get_by_text("Show the loss").click()
    page.wait_for_function("!loss.isConnected && loss.data === undefined")
    page.get_by_text("Show the loss").click()
    page.locator(f"{LOSS} .main-svg").first.wait_for()


def test_a_foreign_host_is_refused(server):
    port, log = server
    upgrade = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13"}
    upgrade["Sec-WebSocket-Key"] = "dGhlIHNhbXBsZSBub25jZQ=="
    origin = f"http://localhost:{port}"
    assert status(port, "/_stcore/stream", upgrade | {"Host": f"localhost:{port}", "Origin": origin}) == 101
    foreign = {"Host": f"evil.example:{port}", "Origin": f"http://evil.example:{port}"}
    assert status(port, "/_stcore/stream", upgrade | foreign) == 403
    assert "warn" not in log.read_text().lower()


def _await_ticks(page, count: int) -> None:
    page.wait_for_function(
        "([before, count]) => loss._fullData[0].y[0] >= before + count",
        arg=[page.evaluate("loss._fullData[0].y[0]"), count],
    )


def _drag_across_ticks(page) -> None:
    """Zoom into the second chart with a drag that lasts longer than two ticks."""
    box = page.locator(f"{LOSS} .nsewdrag").bounding_box()
    y = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + 0.3 * box["width"], y)
    page.mouse.down()
    for share in (0.4, 0.5, 0.6):
        page.mouse.move(box["x"] + share * box["width"], y)
        page.wait_for_timeout(350)
    page.mouse.up()
    page.wait_for_function("loss.layout.xaxis.autorange === false")
