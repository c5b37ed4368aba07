"""A store full of hostile text on every page: it reaches the front end escaped, wherever that reads more than text."""

import json
import re

import pytest
from google.protobuf.message import Message

from engine.runs.store import RunStore
from tests.dashboard.hostile_runs import MARK, make_hostile

ADDRESS = "127.0.0.1:9"
PAGES = ["home", "launch", "runs", "weights", "robustness", "examples", "sweeps", "paper"]

AS_TEXT = {
    "selectbox.options",
    "multiselect.options",
    "multiselect.raw_values",
}
"""Fields that Streamlit shows as text, not as Markdown."""


def is_shown_as_text(field, text):
    """Whether markup in a field is harmless; the lines of runs are set as text by their component."""
    return field in AS_TEXT or (field == "bidicomponent.json" and json.loads(text).keys() == {"lines"})


RAW = re.compile(
    r"(?<!\\)(?:!\[|<img|\]\(|\*\*zzz|http://|<script|<iframe|<a |<b>|:material/home|:streamlit|www\.zzz|:red\["
    r"|zzz@127|&copy|\*z\*|\u202e|\n# zzz|\\href\{)"
)
"""Parts of the hostile texts that would be more than text, unless they are escaped."""

TAGS = ("<img", "<a ", "<b>zzz", "<script", "<iframe", "%{y} ")
"""The same for Plotly, which reads a few elements of HTML, and templates."""


MET = {
    "launch": ("alert", "material"),
    "weights": ("alert",),  # the lines of runs are text of a component, which the browser test looks at
    "robustness": ("copy", "iframe", "material", "alert"),
    "examples": ("img",),
}
"""Page -> parts of the hostile texts that it shows."""


@pytest.fixture
def hostile(store) -> dict[str, str]:
    return make_hostile(store, ADDRESS)


def strings(message: Message, name: str):
    """(field, text) of all texts in a message of Streamlit."""
    for field, value in message.ListFields():
        for each in value if field.is_repeated else [value]:
            if isinstance(each, Message):
                yield from strings(each, field.name)
            elif isinstance(each, str):
                yield f"{name}.{field.name}", each


def drawn_texts(node):
    """(field, text) of everything that a page sends to the front end."""
    if proto := getattr(node, "proto", None):
        yield from strings(proto, type(proto).__name__.lower())
    for child in getattr(node, "children", {}).values():
        yield from drawn_texts(child)


def figure_texts(value):
    """Texts in a figure, keys left out."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from figure_texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from figure_texts(each)


@pytest.mark.parametrize("page", PAGES)
def test_hostile_text_is_escaped_on_every_page(open_page, store: RunStore, hostile, drawn, page):
    query = {"runs": [hostile[key] for key in ("name", "other name", "std", "minmax", "failed")]}
    app = open_page(page, store.root, **query)
    assert not app.exception
    met = [(field, text) for field, text in drawn_texts(app._tree) if MARK in text]
    assert all(any(words in text for _, text in met) for words in MET.get(page, ()))
    assert [(field, text) for field, text in met if not is_shown_as_text(field, text) and RAW.search(text)] == []
    figures = [json.loads(one[0].to_json()) for one in drawn.values() if isinstance(one, tuple)]
    named = [text for figure in figures for text in figure_texts(figure) if MARK in text]
    assert page != "weights" or named
    assert [text for text in named if any(tag in text for tag in TAGS)] == []
