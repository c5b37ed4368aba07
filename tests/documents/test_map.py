"""The map in docs/architecture.md has one line for every file of engine and dashboard, and for no other."""

from pathlib import Path

import pytest

from tests.documents.markdown import ROOT, Document

LEFT_OUT = ("__pycache__", "pictures", "static")


def mapped(document: Document) -> list[str]:
    """Paths in the map: the folder of a heading such as `engine/data/`, and the first code span of each item below."""
    found, folder, depth = [], None, 0
    for token, content in zip(document.tokens, document.tokens[1:], strict=False):
        codes = [child.content for child in content.children or () if child.type == "code_inline"]
        if token.type == "heading_open":
            folder = codes[0] if codes else None
        depth += token.type == "list_item_open"
        depth -= token.type == "list_item_close"
        if folder and depth and token.type == "paragraph_open":
            found.append(folder + codes[0])
    return found


def existing() -> list[str]:
    """Every file but pictures, caches and package files without content."""
    paths = [path for top in ("engine", "dashboard") for path in (ROOT / top).rglob("*") if path.is_file()]
    kept = [path for path in paths if not {*path.relative_to(ROOT).parts} & {*LEFT_OUT} and not _is_empty(path)]
    return [str(path.relative_to(ROOT)) for path in kept]


def _is_empty(path: Path) -> bool:
    return path.name == "__init__.py" and not path.read_text().strip()


@pytest.fixture(scope="module")
def architecture() -> Document:
    return Document(ROOT / "docs" / "architecture.md")


def test_no_file_is_missing(architecture):
    assert not sorted({*existing()} - {*mapped(architecture)}), "these files have no line in the map"


def test_no_line_is_stale(architecture):
    assert not sorted({*mapped(architecture)} - {*existing()}), "these lines of the map name no file"


def test_each_file_has_one_line(architecture):
    found = mapped(architecture)
    assert sorted(found) == sorted(set(found))
