"""The page as LaTeX."""

import pandas as pd

from dashboard.frames.paper import (
    paper_table,
    signed,
)
from dashboard.paper.takeaway import latex_document, printable
from engine.paper.claims import judge_claims
from engine.paper.distance import rank_candidates
from tests.dashboard.paper_runs import MNIST


def ranked(archive):
    return rank_candidates(MNIST, archive.index(), archive.reports_of)


class Library:
    """The part of a Library that the document needs."""

    def __init__(self, archive):
        self.archive = archive

    def candidates(self, samples, complete=False):
        return ranked(self.archive)


def test_the_latex_document_has_every_table_and_no_stray_character(archive, monkeypatch):
    monkeypatch.setattr("dashboard.paper.takeaway.judged", lambda found: judge_claims(found, lambda run_id: None))
    text = latex_document(Library(archive), archive.evidence())
    assert text.count(r"\begin{table}") == text.count(r"\end{table}") == 6
    assert r"69.80 \dag{} & +20.0 \\" in text and "[U+" not in text
    body = [line for line in text.splitlines() if not line.startswith("%")]
    assert all(character.isascii() for line in body for character in line)
    assert text.splitlines()[0].startswith("% Ours: LeNet")


def test_differences_are_signed_in_print(archive):
    table = printable(paper_table(archive.evidence(), 1))
    assert table.loc["No attack", ("Min-Max", "diff.")] == "−1.4" and signed(0.25, 1) == "+0.2"
    assert pd.isna(table.loc["PGD", ("Min-Max", "diff.")])
