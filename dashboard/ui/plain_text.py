"""Text that people typed, where Streamlit would read Markdown: names of imported weights stand in labels."""

MARKDOWN = frozenset("\\`*_{}[]()<>#+-.!|~$:/@")


def plain(text: str) -> str:
    """The same text, in which Markdown sees nothing to do, no link and no emoji either."""
    return "".join(f"\\{character}" if character in MARKDOWN else character for character in text)
