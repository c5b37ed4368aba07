"""The tables of the documents as the recorded runs give them: rows of cells, without the header and first column."""

from collections.abc import Callable, Sequence

from engine.attacks.catalog import PAPER_ATTACKS
from engine.paper.evidence import Evidence
from engine.paper.statement import Statement
from engine.paper.tables import CELLS, FUZZINESS, NEAR_ZERO_RATIOS, NO_ATTACK, PRINTED_NAMES, SWAPPED
from engine.robustness.statistics import wilson_interval
from tests.documents.number_format import difference, difference_of, mean_and_spread
from tests.documents.recorded import CLOSEST, FIRST_LAYER, Recorded, run_ids

Rows = list[list[str]]

COLUMNS = ("std", "std+l1", "std+l2", "min-max")
MARKS = {("mnist", "mi-fgsm", "min-max"): "†"} | {
    (cell.dataset, cell.quantity, cell.variant): "‡" for cell in CELLS if cell.oddity == SWAPPED
}


def _accuracies(recorded: Recorded, variant: str, name: str) -> list[float]:
    """By seed, at λ = μ = 0.1 on the first convolution."""
    reports = recorded.reports(recorded.first_layer, variant)
    if name == "none":
        return [report.clean_accuracy for report in reports]
    if name == "worst case":
        return [report.robust_accuracy for report in reports]
    return [report.robust_accuracy_by_attack[name] for report in reports]


def _medians(recorded: Recorded, variant: str, attack: str, name: str) -> list[float]:
    return [getattr(result, name) for result in recorded.attack_results(recorded.first_layer, variant, attack)]


def _printed(quantity: str, variant: str, dataset: str = "mnist") -> float:
    found = [
        cell.value for cell in CELLS if (cell.dataset, cell.quantity, cell.variant) == (dataset, quantity, variant)
    ]
    return found[0]


def readme(recorded: Recorded) -> Rows:
    """Six rows: Std, Min-Max, and the difference."""
    rows = []
    for name in ("none", "pgd", "apgd-t", "square", "worst case"):
        std, min_max = (_accuracies(recorded, variant, name) for variant in ("std", "min-max"))
        rows.append([mean_and_spread(std, 3), mean_and_spread(min_max, 3), difference(min_max, std, 3)])
    std, min_max = (_medians(recorded, variant, "deepfool", "median_l2") for variant in ("std", "min-max"))
    return [*rows, [mean_and_spread(std, 3), mean_and_spread(min_max, 3), difference(min_max, std, 3)]]


def gain(recorded: Recorded) -> Rows:
    """Std, Min-Max, the difference, and the paper's two cells, with three seeds each."""
    rows = []
    attacks = [*PAPER_ATTACKS, "apgd-ce", "apgd-t", "fab", "square"]
    for name in ("none", *attacks, "worst case"):
        std, min_max = (_accuracies(recorded, variant, name) for variant in ("std", "min-max"))
        printed = [f"{_printed(name, variant):.3f}" for variant in ("std", "min-max")] if name in PRINTED_NAMES else []
        cells = [mean_and_spread(std, 3), mean_and_spread(min_max, 3), difference(min_max, std, 3)]
        rows.append([*cells, *(printed or ["", ""])])
    for attack, name in (("fab", "median_linf"), ("deepfool", "median_l2")):
        std, min_max = (_medians(recorded, variant, attack, name) for variant in ("std", "min-max"))
        rows.append([mean_and_spread(std, 3), mean_and_spread(min_max, 3), difference(min_max, std, 3), "", ""])
    std, min_max = (recorded.half_epsilons(run_ids(recorded.first_layer, name)) for name in ("std", "min-max"))
    rows.append([mean_and_spread(std, 3), mean_and_spread(min_max, 3), difference(min_max, std, 3), "", ""])
    return rows


def five_variants(recorded: Recorded) -> Rows:
    """Seed 0 alone, one column for each variant."""
    evidence, columns = recorded.first_layer, []
    for variant in ("std", "std+l1", "std+l2", "adv", "min-max"):
        run = evidence.runs[variant][0]
        report, result = evidence.reports[run.run_id], run.result or {}
        low, high = wilson_interval(round(report.robust_accuracy * report.n), report.n)
        failed = [finding.title for finding in recorded.diagnoses()[run.run_id].having("failed")]
        columns.append(
            [
                f"{report.clean_accuracy:.3f}",
                f"{report.robust_accuracy:.3f} [{low:.3f}, {high:.3f}]",
                f"{recorded.half_epsilons([run.run_id])[0]:.3f}",
                ", ".join(failed) or "none",
                f"{result['conv1_fuzziness']:.4f}",
                str(result["conv1_near_zero"]),
            ]
        )
    return [list(row) for row in zip(*columns, strict=True)]


def _table(evidence: Evidence) -> Rows:
    dataset, rows = evidence.setting.dataset, []
    for quantity in (NO_ATTACK, *PAPER_ATTACKS):
        row = []
        for variant in COLUMNS:
            ours = list(evidence.values(variant, quantity).by_seed.values())
            printed = f"{100 * _printed(quantity, variant, dataset):.1f}".replace("0.0", "0")
            mark = MARKS.get((dataset, quantity, variant))
            printed = printed if mark is None else f"{printed} {mark}"
            row.append(f"{mean_and_spread(ours, 1, 100)} ({printed})")
        rows.append(row)
    return rows


def table_1(recorded: Recorded) -> Rows:
    """MNIST: ours in percent, and the paper's value in parentheses."""
    return _table(recorded.closest)


def table_2(recorded: Recorded) -> Rows:
    """CIFAR-10."""
    return _table(recorded.cifar)


def table_3(recorded: Recorded) -> Rows:
    """Fuzziness and the ratio of near-zero counts."""
    rows = []
    for evidence in (recorded.closest, recorded.cifar):
        dataset, row = evidence.setting.dataset, []
        for variant, digits in (("std", 3), ("adv", 3), ("min-max", 4)):
            values = list(evidence.values(variant, FUZZINESS).by_seed.values())
            printed = f"({_printed(FUZZINESS, variant, dataset):.{digits}f})"
            row.append(f"{mean_and_spread(values, digits)} {printed}" if values else f"not run {printed}")
        low, high = NEAR_ZERO_RATIOS[dataset]
        ratio = mean_and_spread(list(evidence.near_zero_ratio.by_seed.values()), 0)
        rows.append([*row, f"{ratio} ({low} to {high})"])
    return rows


def candidates(recorded: Recorded) -> Rows:
    """The choices of λ, μ and layers with three seeds and CW; the last row is the paper's."""
    rows = []
    for candidate in recorded.candidates(CLOSEST, complete=True):
        setting = candidate.setting
        mean = {cell.printed.quantity: cell.ours.summary.mean for cell in candidate.cells if cell.ours.summary}
        names = ("none", "fgsm", "pgd", "cw", "mi-fgsm", "linf-bim")
        rows.append(
            [
                f"{setting.l1_strength:g}",
                f"{setting.mu:g}",
                f"{candidate.distance:.2f}",
                "–" if candidate.joint_distance is None else f"{candidate.joint_distance:.2f}",
                *(f"{100 * mean[name]:.1f}" for name in names),
                f"{mean[FUZZINESS]:.4f}",
            ]
        )
    printed = [
        f"{100 * _printed(name, 'min-max'):.1f}" for name in ("none", "fgsm", "pgd", "cw", "mi-fgsm", "linf-bim")
    ]
    return [*rows, ["unknown", "unknown", "", "", *printed, f"{_printed(FUZZINESS, 'min-max'):.4f}"]]


DIGITS = {"nats": 3, "weights": 0, "points": 1}


def _statement(statement: Statement) -> str:
    if statement.difference is None or statement.unit is None:
        return statement.verdict
    scale = 100 if statement.unit == "points" else 1
    found = statement.difference
    digits = DIGITS[statement.unit]
    return f"{statement.verdict}, {difference_of(found, digits, scale)} {statement.unit}"


def _mnist_claims(recorded: Recorded) -> list[tuple]:
    both = (recorded.claims(recorded.evidence(setting)) for setting in (CLOSEST, FIRST_LAYER))
    return list(zip(*both, strict=True))


def verdicts(recorded: Recorded) -> Rows:
    """One row for each claim: MNIST in two settings, and CIFAR-10."""
    cifar = recorded.claims(recorded.cifar)
    return [
        [first.verdict, second.verdict, third.verdict]
        for (first, second), third in zip(_mnist_claims(recorded), cifar, strict=True)
    ]


def statements(recorded: Recorded) -> Rows:
    """One row for each statement of each claim on MNIST, in two settings."""
    return [
        [_statement(first), _statement(second)]
        for one, other in _mnist_claims(recorded)
        for first, second in zip(one.statements, other.statements, strict=True)
    ]


def cifar_statements(recorded: Recorded) -> Rows:
    """One row for each statement on CIFAR-10 with two or more seeds."""
    found = [statement for claim in recorded.claims(recorded.cifar) for statement in claim.statements]
    return [[_statement(one)] for one in found if one.difference is not None and one.difference.low is not None]


TABLES: dict[tuple[str, str], Callable[[Recorded], Rows]] = {
    ("README.md", "Results"): readme,
    ("docs/findings.md", "Accuracy of Std and Min-Max"): gain,
    ("docs/findings.md", "Five variants"): five_variants,
    ("docs/findings.md", "Table 1: MNIST"): table_1,
    ("docs/findings.md", "Table 2: CIFAR-10"): table_2,
    ("docs/findings.md", "Table 3: fuzziness and near-zero weights"): table_3,
    ("docs/findings.md", "Candidates on MNIST"): candidates,
    ("docs/findings.md", "Verdicts"): verdicts,
    ("docs/findings.md", "Statements on MNIST"): statements,
    ("docs/findings.md", "Statements on CIFAR-10"): cifar_statements,
}
"""(document, heading) -> the first table below that heading."""


def markdown(rows: Sequence[Sequence[str]]) -> str:
    """The rows as a Markdown table's body, with an empty first column."""
    return "\n".join("| | " + " | ".join(row) + " |" for row in rows)
