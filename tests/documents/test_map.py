"""The map in docs/architecture.md has one line for every file of engine and dashboard, and draws the tested floors."""

import re
from pathlib import Path

import pytest

from tests.documents.markdown import ROOT, Document
from tests.test_layers import FLOORS

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


def drawn_floors(document: Document) -> list[list[str]]:
    """The floors as they are drawn, from the top: packages on each line."""
    drawing = next(block.text for block in document.code_blocks() if block.text.startswith("dashboard\n"))
    floors, top = [], ""
    for line in drawing.splitlines():
        if line.startswith(" "):
            names = re.split(" {3,}", line.strip())[0].split()
            floors.append([f"{top}.{name}" for name in names])
        else:
            top = line
    return floors


def test_floors_are_drawn_as_they_are_tested(architecture):
    floor = {name: number for number, names in enumerate(FLOORS) for name in names}
    drawn = drawn_floors(architecture)
    assert {name for names in drawn for name in names} == floor.keys()
    for top in ("dashboard.", "engine."):
        own = [{floor[name] for name in names} for names in drawn if names[0].startswith(top)]
        assert all(len(numbers) == 1 for numbers in own), "packages on one line stand on one floor"
        heights = [max(numbers) for numbers in own]
        assert heights == sorted(heights, reverse=True)
