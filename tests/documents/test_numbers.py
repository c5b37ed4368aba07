"""Numbers in README and docs against the recorded runs, at the precision that is printed."""

import pytest

from tests.documents.expected_phrases import PHRASES
from tests.documents.expected_tables import TABLES
from tests.documents.markdown import ROOT, Document


@pytest.mark.parametrize(("document", "heading"), TABLES, ids=lambda value: value)
def test_table(document, heading, recorded):
    found = Document(ROOT / document).table(heading)[1:]
    assert [row[1:] for row in found] == TABLES[document, heading](recorded)


@pytest.mark.parametrize(("document", "phrases"), PHRASES, ids=lambda value: getattr(value, "__name__", value))
def test_text(document, phrases, recorded):
    words = Document(ROOT / document).words
    missing = [phrase for phrase in phrases(recorded) if phrase not in words]
    assert not missing
