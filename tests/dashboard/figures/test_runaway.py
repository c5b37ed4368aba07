"""The boundary of cells with weights that are pushed outward from the first step."""

from hypothesis import given
from hypothesis import strategies as st

from dashboard.figures.runaway import boundary_line


@given(
    st.lists(st.floats(0, 2), min_size=1, max_size=5, unique=True).map(sorted),
    st.lists(st.floats(-2, 2), min_size=1, max_size=5, unique=True).map(sorted),
    st.floats(0.01, 1),
)
def test_the_boundary_separates_cells_with_pushed_weights_from_the_others(l1s, mus, initial):
    line = boundary_line(l1s, mus, initial)
    segments = {frozenset((one, other)) for one, other in zip(line[::3], line[1::3], strict=True)}
    assert set(line[2::3]) <= {(None, None)}

    def is_pushed(row, column):
        return mus[column] > 0 and l1s[row] / (2 * mus[column]) < initial

    for row in range(len(l1s)):
        for column in range(len(mus)):
            for next_row, next_column in ((row, column + 1), (row + 1, column)):
                if next_row < len(l1s) and next_column < len(mus):
                    low = (column + 0.5, row - 0.5) if next_row == row else (column - 0.5, row + 0.5)
                    edge = frozenset((low, (column + 0.5, row + 0.5)))
                    assert (edge in segments) == (is_pushed(row, column) != is_pushed(next_row, next_column))
