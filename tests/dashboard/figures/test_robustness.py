"""Bars show the accuracies and intervals of their table."""

import numpy as np

from dashboard.figures.robustness import robustness_figure
from tests.dashboard.drawn_tables import robustness_table


def test_robustness_puts_no_attack_first_and_shows_zero():
    figure = robustness_figure(robustness_table())
    assert list(figure.layout.xaxis.categoryarray) == ["No attack", "FGSM", "CW"]
    bars = dict(zip(figure.data[0].x, figure.data[0].y, strict=True))
    assert bars == {"No attack": 0.98, "FGSM": 0.8, "CW": 0}
    assert list(figure.data[0].text) == ["80", "98", "0"]


def test_robustness_draws_intervals():
    table = robustness_table().assign(low=lambda t: t.robust_accuracy - 0.01, high=lambda t: t.robust_accuracy + 0.02)
    bars = robustness_figure(table).data[1]
    np.testing.assert_allclose(bars.error_y.array, 0.02)
    np.testing.assert_allclose(bars.error_y.arrayminus, 0.01)
