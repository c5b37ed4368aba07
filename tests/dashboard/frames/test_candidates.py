"""Candidates for the paper's settings as a table and in words."""

import pytest

from dashboard.frames.candidates import candidate_frame, deviation_frame
from dashboard.paper.closeness import search_words
from engine.attacks.catalog import PAPER_ATTACKS
from engine.paper.distance import rank_candidates
from tests.dashboard.paper_runs import MNIST
from tests.paper.archive import Archive


def ranked(archive):
    return rank_candidates(MNIST, archive.index(), archive.reports_of)


def candidate(archive, l1, accuracy, scope="conv1", fuzziness=0.0053):
    setting = MNIST.at(l1, 0.3, scope)
    run_id = archive.add("min-max", 0, setting=setting, fuzziness=fuzziness, clean=0.9844)
    archive.attack(run_id, dict.fromkeys(PAPER_ATTACKS, accuracy))


def test_candidates_ranked_with_every_cell():
    archive = Archive(MNIST)
    candidate(archive, 0.2, 0.3)
    candidate(archive, 0.5, 0.8, "all", fuzziness=0.0053 * 4)
    frame = candidate_frame(ranked(archive))
    assert list(frame["λ"]) == [0.5, 0.2] and list(frame["Scope"]) == ["all convolutions", "first convolution"]
    assert list(frame["PGD"]) == [80, 30] and list(frame["Fuzziness"]) == [pytest.approx(0.0212), 0.0053]
    assert frame["With Std+L1 and Std+L2"].isna().all() and list(frame["Seeds"]) == [1, 1]
    deviations = deviation_frame(ranked(archive)[:1]).set_index("quantity")["deviation"]
    assert deviations["Fuzziness"] == pytest.approx(2) and deviations["PGD"] == pytest.approx((0.8 - 0.8369) / 0.05)
    words = search_words(ranked(archive))
    assert words.startswith("Closest to the paper: λ 0.5, μ 0.3, all convolutions, distance")
    assert "Other cells: FGSM (80.0, paper 94.8), CW (80.0, paper 68.9)" in words
    assert "None of the 2 candidates is within 5 points, or a factor of 2, for FGSM, CW, MIA, L2BIA, LinfBIA." in words


def test_no_candidate():
    assert "has been attacked with all attacks that are compared" in search_words([])
    assert candidate_frame([]).empty and deviation_frame([]).empty
