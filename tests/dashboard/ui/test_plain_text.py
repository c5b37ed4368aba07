"""Names stay what was typed."""

from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from dashboard.ui.plain_text import plain


@given(st.text("ab *_~`[](){}<>#+-.!|$:/@\\&=w1", min_size=1, max_size=40).map(str.strip).filter(bool))
def test_markdown_shows_what_was_typed(text):
    parser = MarkdownIt("commonmark", {"html": True}).enable(["strikethrough", "table"])
    (paragraph,) = [token for token in parser.parse("x" + plain(text)) if token.type == "inline"]
    assert {child.type for child in paragraph.children} <= {"text", "text_special"}, paragraph.children
    assert "".join(child.content for child in paragraph.children) == "x" + text


def test_links_and_emoji_are_broken_up():
    assert plain("https://evil.example :smile:") == r"https\:\/\/evil\.example \:smile\:"
