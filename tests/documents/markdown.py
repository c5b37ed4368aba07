"""Markdown documents, read: headings with their anchors, links, code blocks and tables."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from urllib.parse import unquote

from markdown_it import MarkdownIt
from markdown_it.token import Token

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted(
    [
        *ROOT.glob("*.md"),
        *ROOT.glob("docs/*.md"),
        ROOT / "checkpoints" / "README.md",
    ]
)


@dataclass(frozen=True)
class CodeBlock:
    """A fenced block: what it says after its fence, its text and its first line in the document."""

    language: str
    text: str
    line: int


class Document:
    """One Markdown file of the project."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.name = str(path.relative_to(ROOT))
        self.text = path.read_text()

    @cached_property
    def tokens(self) -> list[Token]:
        return MarkdownIt("commonmark").enable("table").parse(self.text)

    @cached_property
    def words(self) -> str:
        """The whole text on one line, without the marks of strong text."""
        return " ".join(self.text.replace("**", "").split())

    @cached_property
    def anchors(self) -> set[str]:
        """As GitHub makes them from headings."""
        found: set[str] = set()
        for token, content in zip(self.tokens, self.tokens[1:], strict=False):
            if token.type == "heading_open":
                name = re.sub(r"[^\w\- ]", "", _plain(content).lower()).replace(" ", "-")
                number = next(n for n in range(len(found) + 1) if (f"{name}-{n}" if n else name) not in found)
                found.add(f"{name}-{number}" if number else name)
        return found

    def links(self) -> Iterator[tuple[int, str]]:
        """(line, target) of every link and picture."""
        for token in self.tokens:
            for child in token.children or ():
                target = child.attrs.get("href") or child.attrs.get("src")
                if target:
                    yield (token.map or [0])[0] + 1, unquote(str(target))

    def code_blocks(self) -> Iterator[CodeBlock]:
        for token in self.tokens:
            if token.type == "fence":
                yield CodeBlock(token.info.strip(), token.content, (token.map or [0])[0] + 1)

    def inline_code(self) -> Iterator[tuple[int, str]]:
        """(line, text) of every `code` span."""
        for token in self.tokens:
            for child in token.children or ():
                if child.type == "code_inline":
                    yield (token.map or [0])[0] + 1, child.content

    def table(self, heading: str) -> list[list[str]]:
        """Cells of the first table under a heading, the header included, without the marks of emphasis.

        Raises:
            LookupError: no such heading, or no table before the next heading.
        """
        places = [i for i, token in enumerate(self.tokens) if token.type == "heading_open"]
        start = next((i for i in places if _plain(self.tokens[i + 1]) == heading), None)
        if start is None:
            raise LookupError(f"{self.name} has no heading {heading!r}")
        rows: list[list[str]] = []
        for token in self.tokens[start + 3 :]:
            if token.type in ("heading_open", "table_close"):
                break
            if token.type == "tr_open":
                rows.append([])
            elif token.type == "inline" and rows:
                rows[-1].append(_plain(token))
        if not rows:
            raise LookupError(f"{self.name} has no table under {heading!r}")
        return rows


def _plain(token: Token) -> str:
    """Text of an inline token without its marks."""
    return "".join(child.content for child in token.children or () if child.type in ("text", "code_inline"))
