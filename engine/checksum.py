"""Checksums: of bytes, and of JSON documents that carry their own."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

CHECKSUM = "checksum"
"""Key of a document's own checksum."""


def checksum(*parts: bytes | memoryview) -> str:
    """BLAKE2b of the parts, one after the other, as 32 hexadecimal digits; it tells accidents apart, not attacks."""
    content = hashlib.blake2b(digest_size=16)
    for part in parts:
        content.update(part)
    return content.hexdigest()


def sealed(document: Mapping[str, Any]) -> dict[str, Any]:
    """The document with the checksum of its other entries; an earlier checksum is replaced.

    Raises:
        ValueError: a number is not finite.
    """
    content = {name: value for name, value in document.items() if name != CHECKSUM}
    return {**content, CHECKSUM: checksum(_canonical(content))}


def check_seal(document: Mapping[str, Any]) -> dict[str, Any]:
    """The document without its checksum, which must fit; one without a checksum, of an earlier version, is unchecked.

    Raises:
        ValueError: the content is not what was written.
    """
    content = {name: value for name, value in document.items() if name != CHECKSUM}
    if CHECKSUM in document and document[CHECKSUM] != checksum(_canonical(content)):
        raise ValueError("its checksum does not fit its content")
    return content


def _canonical(content: Mapping[str, Any]) -> bytes:
    return json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()
