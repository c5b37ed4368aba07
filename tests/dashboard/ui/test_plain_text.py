"""Names stay what was typed."""

import re
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from dashboard.ui.plain_text import JOINER, plain
from engine.formatting import LONGEST_TEXT, UNKNOWN_CHARACTER

PARSER = MarkdownIt("commonmark", {"html": True}).enable(["strikethrough", "table"])
READ_AGAIN = re.compile(
    r"(https?://|www(?=\.))|[-.\w+]+@[-\w]+|:[\w+-]+:|:\w+\[|(^|\s)(<->|->|<-|--|>=|<=|~=)(\s|$)", re.IGNORECASE
)
"""What Streamlit's front end turns into links, icons, emojis and arrows after it has read the Markdown."""


def shown(text: str) -> str:
    """The text of a paragraph, which has nothing but text."""
    (paragraph,) = [token for token in PARSER.parse(f"x{text}") if token.type == "inline"]
    assert {child.type for child in paragraph.children} <= {"text", "text_special"}, paragraph.children
    return "".join(child.content for child in paragraph.children).removeprefix("x")


@given(st.text("ab *_~`[](){}<>#+-.!|$:/@\\&=w1;", min_size=1, max_size=40).map(str.strip).filter(bool))
def test_markdown_shows_what_was_typed(text):
    assert shown(plain(text)).replace(JOINER, "") == re.sub(" +", " ", text)


PIECES = [*"wW.:/@-<>=~ ab1[]+", "http", "https://", "www.", ":material_home:", "->"]
HIDDEN = ["\0", "\x1b", "\x7f", "\u0080", "\u202e", "\u2066", "\u200b", "\ufeff", "\ud800"]


@given(st.lists(st.sampled_from(PIECES), max_size=9))
def test_nothing_is_left_to_read_again(words):
    assert not READ_AGAIN.search(shown(plain("".join(words))))


@pytest.mark.parametrize(
    "text", ["https://evil.example", "WWW.evil.example", "a@evil.example", ":smile:", ":material/home:", ":streamlit:"]
)
def test_links_and_icons_are_broken_up(text):
    found = shown(plain(text))
    assert found != text and found.replace(JOINER, "") == text


def test_labels_of_ours_are_only_escaped():
    assert plain("Min-Max λ 0.1: seed 0, 50 %") == r"Min\-Max λ 0\.1\: seed 0, 50 %"


@pytest.mark.parametrize("space", ["\n", "\r\n\n", "\t", "\v", "\u2028", "\u2029", "\x85", "    "])
def test_text_stays_on_one_line(space):
    assert plain(f"a{space}# b") == r"a \# b"


@pytest.mark.parametrize("character", HIDDEN)
def test_invisible_characters_are_shown(character):
    assert plain(f"a{character}b") == f"a{UNKNOWN_CHARACTER}b"
    assert plain(f"a{character}b").encode()


def test_other_scripts_stay():
    for text in ("μ λ ε ∞ →", "日本語", "العربية", "می‌خواهم", "👩‍🔬"):
        assert plain(text) == text


def test_long_text_is_cut():
    assert plain("x" * 10 * LONGEST_TEXT) == "x" * (LONGEST_TEXT - 1) + "…"
    assert plain("x" * LONGEST_TEXT) == "x" * LONGEST_TEXT


def test_anything_can_be_shown():
    assert plain(None) == "None" and plain(ValueError("[a]")) == r"\[a\]"
    assert plain(string.ascii_letters) == string.ascii_letters
