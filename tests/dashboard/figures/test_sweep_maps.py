"""Maps show the numbers of their table."""

import numpy as np
import pandas as pd
import pytest

from dashboard.figures.sweep_maps import map_figure
from dashboard.frames.sweeps import point_frame, quantity, sweep_frame
from engine.studies.strength_grid import grid_points
from tests.dashboard.sweep_figures import CLEAN, FGSM, FUZZINESS, LARGEST, named, plain, traces
from tests.dashboard.sweep_runs import PLANE, REPORTS, RUNS, report


@pytest.fixture
def plane() -> pd.DataFrame:
    """Std and Min-Max with two seeds each, and a point where both seeds failed."""
    reports = REPORTS | {RUNS[2].run_id: report(0.8)}
    return point_frame(sweep_frame(grid_points(RUNS, PLANE), reports, "conv1"))


def test_cells_hold_means_on_ascending_axes(plane):
    figure = map_figure(plane, [FUZZINESS, FGSM], "title", initial=0.2)
    fuzziness, fgsm = traces(figure, "heatmap")
    assert figure.layout.xaxis.ticktext == ("0", "0.1", "9") and figure.layout.yaxis.ticktext == ("0", "0.1")
    assert [[plain(text) for text in row] for row in fuzziness.text] == [["0.300", "", ""], ["", "0.300", ""]]
    assert [list(row) for row in fgsm.z] == [[60.0, None, None], [None, 80.0, None]]
    assert "60.0 ± 14.1 (2 seeds: 0, 1)" in fgsm.customdata[0][0] and RUNS[0].run_id in fgsm.customdata[0][0]
    assert [note.text for note in figure.layout.annotations] == ["Fuzziness (nats)", "Under fgsm (%)"]


def test_largest_weights_are_colored_by_their_logarithm(plane):
    (heat,) = traces(map_figure(plane, [LARGEST], "title", initial=None), "heatmap")
    assert heat.z[0][0] == pytest.approx(np.log10(0.2), abs=1e-6) and plain(heat.text[0][0]) == "0.2"


def test_numbers_are_black_on_light_cells_and_white_on_dark_ones(plane):
    (heat,) = traces(map_figure(plane, [FGSM], "title", initial=None), "heatmap")
    assert "#ffffff" in heat.text[0][0] and "#000000" in heat.text[1][1], "the scale begins dark"


def test_attacks_share_their_colors_and_clean_accuracy_does_not(plane):
    plane = plane.assign(pgd=plane["fgsm"] / 2, pgd_std=np.nan, pgd_n=plane["fgsm_n"])
    clean, fgsm, pgd = traces(map_figure(plane, [CLEAN, FGSM, quantity("pgd")], "title", initial=None), "heatmap")
    assert (fgsm.zmin, fgsm.zmax) == (pgd.zmin, pgd.zmax) == (30, 80) and clean.zmin == 95


def test_marks_are_on_cells_whose_weights_run_away(plane):
    figure = map_figure(plane, [FUZZINESS, FGSM], "title", initial=0.2)
    away, failed = named(figure, "ends beyond"), named(figure, "failed")
    away = [trace for trace in away if trace.marker.symbol == "triangle-up"]
    assert len(away) == len(failed) == 2 and [trace.showlegend for trace in failed] == [True, False]
    assert [(round(x), round(y)) for x, y in zip(away[0].x, away[0].y, strict=True)] == [(1, 1)]
    assert (failed[0].x[0], round(failed[0].y[0])) == (2, 1) and failed[0].text[0] == "|w| 104"


def test_the_chosen_cell_is_framed_in_every_map(plane):
    figure = map_figure(plane, [FUZZINESS, FGSM], "title", initial=None, chosen=(0.1, 9.0))
    assert [(shape.x0 + shape.x1) / 2 for shape in figure.layout.shapes] == [2, 2]
    assert map_figure(plane, [FUZZINESS], "title", initial=None, chosen=(5.0, 9.0)).layout.shapes == ()


def test_the_boundary_is_drawn_only_where_there_is_one(plane):
    assert not named(map_figure(plane, [FUZZINESS], "title", initial=None), "first step")
    assert named(map_figure(plane, [FUZZINESS], "title", initial=0.2), "first step")


def test_no_quantity_is_said(plane):
    assert "No data" in map_figure(plane, [], "title", initial=0.2).layout.annotations[0].text
