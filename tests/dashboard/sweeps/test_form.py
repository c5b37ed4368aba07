"""Values of λ and μ as text."""

import pytest

from dashboard.sweeps import form as sweep_form
from engine.errors import InputError


def test_values_between_commas_and_spaces():
    assert sweep_form.parse_values(" 0.05, 0.2;1e-3  −3 ") == (0.05, 0.2, 0.001, -3.0)
    assert sweep_form.parse_values("") == ()
    with pytest.raises(InputError, match="numbers"):
        sweep_form.parse_values("0,05 much")
