"""Chips get a style sheet that is made of colors only."""

import pytest

from dashboard.ui.chips import chips_style


def test_each_chip_gets_its_color():
    style = chips_style("picked", ["#c5101d", "#62686e"])
    assert style == (
        "<style>.st-key-picked [data-tag-index='0'] { border-left: 6px solid #c5101d; }"
        ".st-key-picked [data-tag-index='1'] { border-left: 6px solid #62686e; }</style>"
    )


@pytest.mark.parametrize("text", ["red", "#fff", "#c5101d; } body { display: none", "</style><script>", "#c5101d\n"])
def test_what_is_no_color_is_refused(text):
    with pytest.raises(ValueError, match="expected colors as #rrggbb"):
        chips_style("picked", [text])


def test_what_is_no_key_is_refused():
    with pytest.raises(ValueError, match="expected a key"):
        chips_style("x { } </style>", ["#c5101d"])
