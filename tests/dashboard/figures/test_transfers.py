"""The transfer matrix as a heat map."""

import numpy as np
import pandas as pd

from dashboard.figures.transfers import transfer_figure


def test_figure_has_a_fixed_scale_a_hole_and_a_framed_diagonal():

    names = ["a <b>", "c"]
    matrix = pd.DataFrame([[12.5, 100.0], [np.nan, np.nan]], index=names, columns=names)
    figure = transfer_figure(matrix, {"c": 97.0}, "Matrix")
    (heat,) = figure.data
    assert (heat.zmin, heat.zmax) == (0, 100)
    assert [list(row) for row in heat.z] == [[12.5, 100.0], [None, None]]
    assert list(figure.layout.xaxis.ticktext) == ["a &lt;b&gt;", "c"]
    assert "97.0 % without an attack" in heat.text[0][1] and "unknown" in heat.text[0][0]
    assert figure.layout.yaxis.range[0] > figure.layout.yaxis.range[1], "the first row is on top"
    (framed,) = figure.layout.shapes
    assert framed.x0 < 0 < framed.x1 and framed.y0 < 0 < framed.y1
