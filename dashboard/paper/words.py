"""Summaries of the comparison with the paper, in words. No streamlit."""

from collections.abc import Iterable, Sequence
from itertools import combinations
from statistics import median
from typing import get_args

from dashboard.frames.paper import signed
from engine.attacks.catalog import PAPER_ATTACKS, STRONG_ATTACKS
from engine.formatting import epsilon_words
from engine.minmax.objective import PLACES
from engine.paper.claims import JudgedClaim
from engine.paper.distance import ACCURACY_UNIT
from engine.paper.evidence import Evidence, Reproduced
from engine.paper.statement import Verdict
from engine.paper.tables import FUZZINESS, PRINTED_NAMES, SWAPPED
from engine.queue.overview import RunOverview
from engine.runs.variants import VARIANTS


def setting_words(evidence: Evidence) -> str:
    """Training and attack settings of our runs."""
    setting, samples = evidence.setting, evidence.samples
    training, spec = setting.training, setting.config("std", 0).dataset_spec
    threat = setting.evaluation(samples).threat
    epsilon = epsilon_words(threat.epsilon, threat.unit, threat.pixel_budget(spec.std))
    halved = f", halved every {training.halve_every} epochs" if training.halve_every else ""
    return (
        f"Ours: LeNet, {training.optimizer.capitalize()} {training.learning_rate:g}{halved}, batches of "
        f"{training.batch_size}, {training.epochs} epochs; λ = {setting.l1_strength:g}, μ = {setting.mu:g} on "
        f"{PLACES[setting.scope]} (the paper states neither). Attacks at {epsilon} on the first {samples:,} "
        f"stratified test images; accuracy without attack on all {spec.test_size:,}. {seed_words(evidence)} "
        f"{setting.data_words}"
    )


def seed_words(evidence: Evidence) -> str:
    """Seeds of each variant."""
    found: dict[str, list[str]] = {}
    for variant, name in VARIANTS.items():
        found.setdefault(number_words(evidence.runs.get(variant, {})) or "none", []).append(name)
    return "Seeds: " + "; ".join(f"{', '.join(names)} {seeds}" for seeds, names in found.items()) + "."


def number_words(numbers: Iterable[int]) -> str:
    """Ranges of numbers, such as "0–2, 5"; empty without numbers."""
    ordered = sorted(numbers)
    starts = [number for place, number in enumerate(ordered) if place == 0 or ordered[place - 1] != number - 1]
    ends = [number for place, number in enumerate(ordered) if ordered[place + 1 : place + 2] != [number + 1]]
    spans = ((start, end, "–" if end - start > 1 else ", ") for start, end in zip(starts, ends, strict=True))
    return ", ".join(str(start) if start == end else f"{start}{mark}{end}" for start, end, mark in spans)


def agreement_words(cells: Sequence[Reproduced]) -> str:
    """Distance of our accuracies from the paper's, and agreement of the order of variants."""
    found = [cell for cell in cells if cell.difference is not None and cell.printed.quantity != FUZZINESS]
    if not found:
        return "No run has results for these cells yet; see “Missing runs” below."
    sizes = [abs(cell.difference or 0.0) for cell in found]
    near = sum(size <= ACCURACY_UNIT for size in sizes)
    worst = found[sizes.index(max(sizes))]
    same, pairs = same_order(found)
    order = f" Of {pairs} pairs of variants in one row, {same} have the order of the paper." if pairs else ""
    return (
        f"We have results for {len(found)} of {len(cells)} accuracies of the paper; {near} of these differ by at most "
        f"{100 * ACCURACY_UNIT:.0f} points. The median difference is {100 * median(sizes):.1f} points, the largest "
        f"{signed(100 * (worst.difference or 0.0), 1)} ({VARIANTS[worst.printed.variant]}, "
        f"{PRINTED_NAMES[worst.printed.quantity]}{', †' if worst.printed.oddity else ''}).{order}"
    )


def same_order(cells: Sequence[Reproduced]) -> tuple[int, int]:
    """Number of pairs of variants in one row in the paper's order, and of all pairs, without ties and swapped cells."""
    same = pairs = 0
    for first, second in combinations(cells, 2):
        if first.printed.quantity != second.printed.quantity or SWAPPED in (
            first.printed.oddity,
            second.printed.oddity,
        ):
            continue
        printed = first.printed.value - second.printed.value
        ours, theirs = first.ours.summary, second.ours.summary
        if printed and ours and theirs and ours.mean != theirs.mean:
            pairs += 1
            same += (printed > 0) == (ours.mean > theirs.mean)
    return same, pairs


def oddity_notes(cells: Sequence[Reproduced]) -> list[str]:
    """One sentence per oddity, with its cells."""
    marked: dict[str, list[str]] = {}
    for cell in cells:
        if cell.printed.oddity:
            name = f"{VARIANTS[cell.printed.variant]}, {PRINTED_NAMES[cell.printed.quantity]}"
            marked.setdefault(cell.printed.oddity, []).append(name)
    return [f"† {' and '.join(names)}: {oddity}" for oddity, names in marked.items()]


def verdict_words(claims: Sequence[JudgedClaim]) -> str:
    """Numbers of the claims by verdict."""
    groups: dict[str, list[int]] = {verdict: [] for verdict in get_args(Verdict)}
    for claim in claims:
        groups[claim.verdict].append(claim.number)
    parts = [f"{verdict.capitalize()}: {number_words(numbers)}." for verdict, numbers in groups.items() if numbers]
    return " ".join(parts)


def missing_words(evidence: Evidence, seeds: Sequence[int]) -> dict[int, list[str]]:
    """Missing runs and attacks by table, one sentence per variant."""
    found: dict[int, dict[str, list[str]]] = {}
    for cell in evidence.cells:
        found.setdefault(cell.printed.table, {}).setdefault(cell.printed.variant, [])
    for table, variants in found.items():
        attacks = {cell.printed.quantity for cell in evidence.cells if cell.printed.table == table} & {*PAPER_ATTACKS}
        for variant, words in variants.items():
            runs = evidence.runs.get(variant, {})
            if untrained := [seed for seed in seeds if seed not in runs]:
                words.append(f"{_seeds(untrained)} not trained")
            lacking: dict[tuple[str, ...], list[int]] = {}
            for seed in (seed for seed in seeds if seed in runs):
                report = evidence.reports.get(runs[seed].run_id)
                done = report.robust_accuracy_by_attack if report else {}
                lacking.setdefault(tuple(name for name in PAPER_ATTACKS if name in attacks - done.keys()), []).append(
                    seed
                )
            for names, of_seeds in lacking.items():
                if names:
                    what = "" if len(names) == len(attacks) else f" with {', '.join(names)}"
                    words.append(f"{_seeds(of_seeds)} not attacked{what} on {evidence.samples:,} images")
    return {
        table: [f"{VARIANTS[variant]}: {'; '.join(words)}" for variant, words in variants.items() if words]
        for table, variants in found.items()
    }


def without_strong_attacks(evidence: Evidence, seeds: Sequence[int]) -> list[RunOverview]:
    """Trained Std and Min-Max runs without the strong attacks that claim 6 needs."""
    runs = [evidence.runs.get(variant, {}).get(seed) for variant in ("std", "min-max") for seed in seeds]
    met = {run_id: report.robust_accuracy_by_attack.keys() for run_id, report in evidence.reports.items()}
    return [run for run in runs if run and not STRONG_ATTACKS.keys() <= met.get(run.run_id, set())]


def _seeds(seeds: Sequence[int]) -> str:
    return f"{'seed' if len(seeds) == 1 else 'seeds'} {number_words(seeds)}"
