"""Statements of the claims as a table."""

import numpy as np
import pytest

from dashboard.frames.claims import statement_frame
from dashboard.paper.words import (
    verdict_words,
)
from engine.paper.claims import judge_claims


def test_statements_in_points_with_the_region_they_claim(archive):
    archive.add("min-max", 1, clean=0.99)
    claims = judge_claims(archive.evidence(), lambda run_id: None)
    frame = statement_frame(claims)
    assert len(frame) == sum(len(claim.statements) for claim in claims)
    price = frame.loc[frame["claim"] == 5].iloc[0]
    differences = np.array([0.9661 - 0.97, 1.0061 - 0.99])
    assert price["difference"] == pytest.approx(100 * differences.mean())
    assert (price["low"] + price["high"]) / 2 == pytest.approx(price["difference"])
    assert (price["region_low"], price["region_high"], price["unit"]) == (-np.inf, pytest.approx(2), "points")
    fgsm = frame.loc[frame["statement"].str.endswith("FGSM")].iloc[0]
    assert fgsm["difference"] == pytest.approx(94.75 - 79.52) and np.isnan(fgsm["low"]) and fgsm["seeds"] == 1
    assert (fgsm["region_low"], fgsm["region_high"]) == (0, np.inf)
    assert verdict_words(claims) == "Not decided: 1–6."
