"""The candidates closest to the paper, in words. No streamlit."""

from collections.abc import Sequence

from dashboard.frames.candidates import setting_name
from engine.paper.distance import Candidate, deviation
from engine.paper.evidence import Reproduced
from engine.paper.tables import FUZZINESS, PRINTED_NAMES

FITS = 1.0
"""Largest deviation, in units of the distance, that counts as a match."""


def search_words(candidates: Sequence[Candidate]) -> str:
    """The closest candidate, its matching cells, and the cells that no candidate matches."""
    if not candidates:
        return "No Min-Max run with this schedule has been attacked with all attacks that are compared."
    best = candidates[0]
    fits, misses = [], []
    for cell in best.cells:
        value = deviation(cell) or 0.0
        words = f"{PRINTED_NAMES[cell.printed.quantity]} ({_gap_words(cell)})"
        (fits if abs(value) <= FITS else misses).append(words)
    sentences = [
        f"Closest to the paper: {setting_name(best.setting)}, distance {best.distance:.2f}, {_count(best.seeds)}."
    ]
    if fits:
        sentences.append(f"Matching cells: {', '.join(fits)}.")
    if misses:
        sentences.append(f"Other cells: {', '.join(misses)}.")
    if len(candidates) > 1 and (never := [PRINTED_NAMES[quantity] for quantity in _unmatched(candidates)]):
        sentences.append(
            f"None of the {len(candidates)} candidates is within 5 points, or a factor of 2, for {', '.join(never)}."
        )
    joint = [candidate for candidate in candidates if candidate.joint_distance is not None]
    if joint:
        closest = min(joint, key=lambda candidate: candidate.joint_distance or 0.0)
        sentences.append(
            f"Closest including Std+L1 and Std+L2 at the same λ and μ: {setting_name(closest.setting)}, distance "
            f"{closest.joint_distance:.2f}."
        )
    return " ".join(sentences)


def _unmatched(candidates: Sequence[Candidate]) -> list[str]:
    """Quantities that no candidate matches."""
    matched = {
        cell.printed.quantity: any(
            abs(deviation(of) or 0.0) <= FITS
            for candidate in candidates
            for of in candidate.cells
            if of.printed.quantity == cell.printed.quantity
        )
        for cell in candidates[0].cells
    }
    return [quantity for quantity, is_matched in matched.items() if not is_matched]


def _gap_words(cell: Reproduced) -> str:
    summary = cell.ours.summary
    if summary is None:
        return "no run"
    if cell.printed.quantity == FUZZINESS:
        return f"{summary.mean:.4f}, paper {cell.printed.value:.4f} nats"
    return f"{100 * summary.mean:.1f}, paper {100 * cell.printed.value:.1f}"


def _count(seeds: int) -> str:
    return "one seed" if seeds == 1 else f"{seeds} seeds"
