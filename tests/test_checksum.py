"""Checksums of documents: any change is noticed; documents without one are accepted."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.checksum import CHECKSUM, check_seal, checksum, sealed

NUMBERS = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)
DOCUMENTS = st.dictionaries(st.text(max_size=9).filter(lambda name: name != CHECKSUM), VALUES, max_size=5)


@given(DOCUMENTS)
def test_a_sealed_document_comes_back_from_json_as_it_was(document):
    written = json.dumps(sealed(document), indent=1)
    assert check_seal(json.loads(written)) == document
    assert sealed(json.loads(written)) == sealed(document), "sealing twice changes nothing"


@given(DOCUMENTS, DOCUMENTS)
def test_the_seal_of_another_document_does_not_fit(document, other):
    if document != other:
        with pytest.raises(ValueError, match="does not fit"):
            check_seal({**other, CHECKSUM: sealed(document)[CHECKSUM]})


def test_a_document_of_an_earlier_version_is_unchecked():
    assert check_seal({"status": "finished"}) == {"status": "finished"}


def test_parts_are_one_content():
    assert checksum(b"ab", b"c") == checksum(b"abc") != checksum(b"abd") and len(checksum()) == 32


def test_what_is_not_json_is_not_sealed():
    with pytest.raises(ValueError):
        sealed({"accuracy": float("nan")})
