"""Escaping of user-supplied text, such as names of imported weights, where Streamlit reads Markdown."""

MARKDOWN = frozenset("\\`*_{}[]()<>#+-.!|~$:/@")


def plain(text: str) -> str:
    """Text with all Markdown, links and emoji codes escaped."""
    return "".join(f"\\{character}" if character in MARKDOWN else character for character in text)
