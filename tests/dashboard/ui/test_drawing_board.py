"""What a browser sends as a drawing becomes pixels, or nothing."""

import base64

import numpy as np
import pytest

from dashboard.ui.drawing_board import decoded

INK = np.arange(6, dtype=np.uint8).reshape(2, 3) * 51
SENT = {"rows": 2, "columns": 3, "ink": base64.b64encode(INK.tobytes()).decode()}


def test_a_drawing_keeps_its_rows_and_columns():
    drawing = decoded(SENT, (2, 3))
    assert drawing is not None and drawing.dtype == np.uint8
    np.testing.assert_array_equal(drawing, INK)


@pytest.mark.parametrize("sent", [None, "text", {}, SENT | {"ink": "AAAA"}, SENT | {"ink": "?"}, SENT | {"rows": 3}])
def test_what_is_no_drawing_of_this_shape_is_none(sent):
    assert decoded(sent, (2, 3)) is None
