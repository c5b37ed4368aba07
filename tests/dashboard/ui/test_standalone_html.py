"""The page as a file: all of it inside, all of it escaped, nothing of it elsewhere; and what a export remembers."""

import base64
import hashlib
import json
import re
from html.parser import HTMLParser

import pandas as pd
import plotly.graph_objects as go
import pytest

from dashboard.ui import page_export
from dashboard.ui.page_export import PageExport
from dashboard.ui.plain_text import JOINER
from dashboard.ui.standalone_html import Chart, Note, Table, standalone_html

EVIL = "</script><script>alert(1)</script><!--"
FIGURE = go.Figure(data=[{"type": "bar", "x": [EVIL], "y": [1]}])


class Reader(HTMLParser):
    """The elements of a file: its scripts by type, its addresses, its text."""

    def __init__(self, text):
        super().__init__()
        self.scripts, self.addresses, self.tags, self.text, self.policy = [], [], [], "", ""
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        named = dict(attributes)
        self.tags.append(tag)
        self.addresses += [named[name] for name in ("src", "href", "action") if name in named]
        if tag == "script":
            self.scripts.append((named.get("type"), ""))
        if named.get("http-equiv") == "Content-Security-Policy":
            self.policy = named["content"]

    def handle_data(self, data):
        if self.lasttag == "script" and self.tags[-1] == "script" and self.scripts[-1][1] == "":
            self.scripts[-1] = (self.scripts[-1][0], data)
        else:
            self.text += data


def test_everything_is_escaped_and_allowed_by_its_digest_alone():
    frame = pd.DataFrame({EVIL: [EVIL, "b"], "n": [0.1 + 0.2, float("nan")]})
    exhibits = [Chart(FIGURE, EVIL, table=frame), Chart(FIGURE, "twice"), Table(frame, EVIL), Note(f"{EVIL}\n\nmore")]
    file = Reader(standalone_html(EVIL, EVIL, exhibits))
    assert [kind for kind, _ in file.scripts] == ["application/json"] * 3 + [None, "module"]
    chart = json.loads(file.scripts[0][1])
    assert json.loads(chart["figure"])["data"][0]["x"] == [EVIL]
    assert chart["csv"].startswith(EVIL)
    assert file.addresses == []
    assert "alert(1)" in file.text and "img" not in file.tags
    sources = re.findall(r"'sha256-([^']+)'", file.policy)
    digests = [base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for _, script in file.scripts[3:]]
    assert sources == digests
    assert "default-src 'none'" in file.policy and "http" not in file.policy and "unsafe-eval" not in file.policy


def test_plotlyjs_is_inside_once_and_only_when_there_is_a_chart():
    with_charts = standalone_html("T", "", [Chart(FIGURE, "a"), Chart(FIGURE, "b")])
    assert with_charts.count("plotly.js v") == 1
    assert len(standalone_html("T", "", [Note("n")])) < 100_000


@pytest.fixture
def export(monkeypatch):
    for name in ("live_chart", "draw_table", "example_grid"):
        monkeypatch.setattr(page_export, name, lambda *given, **named: None)
    monkeypatch.setattr(page_export.st, "markdown", lambda text: None)
    return PageExport("Runs")


def test_an_export_remembers_in_order_and_replaces_what_is_drawn_again(export):
    frame = pd.DataFrame({"a": [1]})
    export.chart(FIGURE, key="x", alt="first")
    export.table(frame, key="x", title="T")
    export.chart(FIGURE, key="x", alt="second", table=frame)
    assert [type(exhibit) for exhibit in export.exhibits] == [Chart, Table]
    assert export.exhibits[0] == Chart(FIGURE, "second", 380, frame)
    assert "<h1>Runs</h1>" in export.html()


def test_a_note_is_text_and_no_markdown(monkeypatch):
    drawn = []
    monkeypatch.setattr(page_export.st, "caption", drawn.append)
    PageExport("Runs").note("*a* $b$ :red[c] `d`")
    assert drawn == [r"\*a\* \$b\$ \:" + JOINER + r"red\[c\] \`d\`"]
