"""Foreign text, such as names in files and error messages, where Streamlit reads Markdown. No streamlit."""

import re

from engine.formatting import LONGEST_TEXT, one_line
from engine.kept import kept

MARKDOWN = re.compile(r"[\\`*_{}\[\]()<>#+\-.!|~$:/@&=]")
"""Characters with a meaning in Markdown, which takes a backslash before any of them."""

JOINER = "\N{WORD JOINER}"
"""Invisible; keeps apart what is read once more after the backslashes are gone."""

LINKS_AND_ICONS = re.compile(r"(?<=:)(?=//|[\w+-]+(?:[:\[{/]|$))|(?<=@)(?=[\w-])|(?<=www)(?=\.)", re.IGNORECASE)
ARROWS = re.compile(r"(?<!\S)(?:<->|->|<-|--|>=|<=|~=)(?!\S)")


def plain(text: object) -> str:
    """Text on one line that Markdown shows as it is: no formatting, link, image, formula, icon, emoji or arrow."""
    return _plain(str(text)[: LONGEST_TEXT + 1])


@kept(2048)
def _plain(text: str) -> str:
    apart = ARROWS.sub(lambda match: JOINER.join(match[0]), LINKS_AND_ICONS.sub(JOINER, one_line(text)))
    return MARKDOWN.sub(r"\\\g<0>", apart)
