"""Links and pictures of the documents lead somewhere."""

import re

import pytest

from tests.documents.markdown import DOCUMENTS, ROOT, Document

PATH = re.compile(r"(engine|dashboard|tests|checkpoints|docs)/[\w./-]*")
"""A code span that names a file or folder of the project."""


def problem(document: Document, target: str) -> str | None:
    """What is wrong with a relative link; None when nothing is."""
    path, _, anchor = target.partition("#")
    file = (document.path.parent / path).resolve() if path else document.path
    if not file.is_relative_to(ROOT):
        return f"{target} leads out of the project"
    if not file.exists():
        return f"{target} does not exist"
    if anchor and anchor not in Document(file).anchors:
        return f"{target}: no such heading; there are {', '.join(sorted(Document(file).anchors))}"
    return None


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_relative_links_resolve(path):
    document = Document(path)
    relative = [(line, target) for line, target in document.links() if "://" not in target]
    assert not [f"line {line}: {found}" for line, target in relative if (found := problem(document, target))]


def test_wrong_links_are_found(tmp_path):
    document = Document(ROOT / "README.md")
    assert problem(document, "docs/findings.md#summary") is None
    assert "does not exist" in (problem(document, "docs/no-such-page.md") or "")
    assert "no such heading" in (problem(document, "docs/findings.md#no-such-heading") or "")
    assert "out of the project" in (problem(document, "../elsewhere.md") or "")


def test_every_page_of_docs_is_linked_from_the_readme():
    linked = {target.partition("#")[0] for _, target in Document(ROOT / "README.md").links()}
    assert {f"docs/{path.name}" for path in ROOT.glob("docs/*.md")} <= linked


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_named_files_exist(path):
    spans = [(line, text) for line, text in Document(path).inline_code() if PATH.fullmatch(text)]
    assert not [f"line {line}: {text}" for line, text in spans if not (ROOT / text).exists()]
