"""Values on a logarithmic scale."""

from dashboard.theory.controls import log_steps


def test_log_steps():
    assert log_steps(0.01, 1.0) == [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0]
    assert log_steps(0.15, 30.0) == [0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0]
