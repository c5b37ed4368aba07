"""The recorded runs, read once for all tests of the documents."""

import pytest

from tests.documents.recorded import Recorded


@pytest.fixture(scope="session")
def recorded(tmp_path_factory) -> Recorded:
    return Recorded(tmp_path_factory.mktemp("empty-store"))
