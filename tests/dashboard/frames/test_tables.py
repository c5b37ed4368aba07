"""What all frames share."""

import numpy as np
import pytest

from dashboard.frames.tables import thin


@pytest.mark.parametrize(("count", "limit"), [(0, 5), (1, 5), (5, 5), (6, 5), (1000, 7), (10, 2)])
def test_thin_keeps_the_ends_and_spreads_evenly(count, limit):
    kept = thin(count, limit)
    assert len(kept) == min(count, limit)
    assert set(kept[:1]) | set(kept[-1:]) == ({0, count - 1} if count else set())
    assert not len(kept) > 1 or np.ptp(np.diff(kept)) <= 1
