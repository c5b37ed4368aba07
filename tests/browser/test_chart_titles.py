"""Titles of charts and of their panels break into lines on a narrow screen, and nothing of them is cut off."""

import pytest

from dashboard.figures.canvas import compose
from dashboard.figures.histories import history_panels
from dashboard.ui.frontend_files import joined
from dashboard.ui.standalone_html import Chart, standalone_html
from tests.browser.serving import laboratory as serve_laboratory
from tests.dashboard.drawn_tables import history_table

pytestmark = pytest.mark.slow

DRAWN = """(least) => {
  const charts = [...document.querySelectorAll('.live-chart')].filter((chart) => chart.clientWidth > 0);
  return charts.length >= least && charts.every((chart) => chart._fullLayout?.width === chart.clientWidth);
}"""
CUT_OFF = """() => [...document.querySelectorAll('.live-chart.js-plotly-plot')].flatMap((chart) => {
  const whole = chart.querySelector('.main-svg').getBoundingClientRect();
  const isCut = ({ left, right, top, bottom, width }) => width > 0 && (
    left < whole.left - 2 || right > whole.right + 1 || top < whole.top || bottom > whole.bottom);
  const texts = [...chart.querySelectorAll('.gtitle, .annotation-text')];
  return texts.filter((node) => isCut(node.getBoundingClientRect())).map((node) => node.textContent);
})"""
LINES = "(selector) => document.querySelector(selector).querySelectorAll('.line').length"


@pytest.fixture(scope="module")
def laboratory(tmp_path_factory):
    with serve_laboratory(tmp_path_factory.mktemp("titles")) as address:
        yield address


@pytest.mark.parametrize("name", ["robustness", "theory", "weights", "sweeps"])
def test_no_title_is_cut_off_on_a_narrow_screen(laboratory, page, name):
    page.set_viewport_size({"width": 390, "height": 900})
    page.goto(f"{laboratory}/{name}")
    page.wait_for_function(
        "() => document.querySelector('[data-testid=stApp]').dataset.testScriptState === 'notRunning'"
    )
    page.wait_for_function(DRAWN, arg=1)
    assert page.evaluate(CUT_OFF) == []


def test_titles_break_with_the_width_and_the_margin_grows_with_them(page, tmp_path):
    line = {"type": "scatter", "x": [0, 1], "y": [0, 1], "uid": "line"}
    title = "The weights of <b>one run</b> & of all others, λ = 0.1, μ = 0.1, whole training"
    exhibits = [
        Chart(compose(title, [line]), "Line", 300),
        Chart(history_panels(history_table(), "Training history", layer_title="First convolution"), "History", 560),
    ]
    (tmp_path / "page.html").write_text(standalone_html("Titles", "", exhibits), "utf-8")
    page.set_viewport_size({"width": 1200, "height": 900})
    page.goto((tmp_path / "page.html").as_uri())
    page.wait_for_function(DRAWN, arg=2)
    wide = page.locator(".gtitle").first.text_content()
    top = "document.querySelector('.live-chart')._fullLayout.margin.t"
    assert wide == title and page.evaluate(top) == 52

    for width, least in ((390, 2), (260, 3)):
        page.set_viewport_size({"width": width, "height": 900})
        page.wait_for_function(DRAWN, arg=2)
        lines = page.evaluate(LINES, ".gtitle")
        assert lines >= least and page.evaluate(top) == 52 + 21 * (lines - 1)
        assert page.evaluate(CUT_OFF) == []
    page.set_viewport_size({"width": 1200, "height": 900})
    page.wait_for_function(f"() => {top} === 52")


def test_lines_break_between_words_and_never_inside_a_tag_or_a_long_word(page):
    def broken(text: str, width: int) -> str:
        call = "brokenText(text, width, { family: 'monospace', size: 10 })"
        return page.evaluate(f"([text, width]) => {{ {joined('chart_title.js')}; return {call}; }}", [text, width])

    assert broken("aa bb cc", 1000) == "aa bb cc"
    assert broken("aa bb cc", 40) == "aa bb<br>cc"
    assert broken('<span style="x: y">aa</span> bb', 40) == '<span style="x: y">aa</span> bb'
    assert broken("aa&gt; &amp;bb", 30) == "aa&gt;<br>&amp;bb"
    assert broken("a<br>incomprehensibilities b", 40) == "a<br>incomprehensibilities<br>b"
    assert broken("of μ = 0.1 |w| &lt; 0.01", 70) == "of μ = 0.1<br>|w| &lt; 0.01"
    assert broken("", 40) == ""
